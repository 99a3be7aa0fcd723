// The story of vouchers: the Comune imports a file in two steps and says where its
// vouchers may pay; a family pays part of a charge with them, in an order of its
// own; the Comune takes one use back, accounts the others and downloads what it
// owes the provider. No reader has JavaScript.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before } from 'node:test'
import { Reader, launch, people, startServer, story } from './helpers.mjs'

let server, browser, elena, samira
const step = story()

// Samira's tax code in the demo (cmd/colletta, demo_cast.go).
const holder = 'LMRSMR84A65M999B'

function csv(...rows) {
  return { name: 'bando.csv', mimeType: 'text/csv', buffer: Buffer.from(rows.join('\r\n') + '\r\n', 'latin1') }
}

const good = [
  `STORIA-1;STORIA;;;Samira;El Amrani;${holder};;;4,00;;`,
  `STORIA-2;STORIA;;;Samira;El Amr\xe0ni;${holder};;;100.00;;`,
]

before(async () => {
  browser = await launch()
  server = await startServer()
  elena = await Reader.enter(browser, server, { javaScript: false })
  samira = await Reader.enter(browser, server, { javaScript: false })
})

after(async () => {
  await elena?.leave()
  await samira?.leave()
  await browser?.close()
  await server?.stop()
})

step('The Comune finds every error of a file by row and column', async () => {
  await elena.logIn(people.elena)
  await elena.open('/comune/voucher')
  await elena.sees('DEMO-0001', 'DOPOSCUOLA')
  await elena.follow('Importa un file')
  await elena.page.getByLabel('File CSV dei voucher').setInputFiles(csv(good[0], `STORIA-1;STORIA;31/02/2026;;;;${holder};;;10x55;;`))
  await elena.press('Controlla il file', { status: 422 })
  await elena.sees('3 errori: non è stato salvato nulla', 'A (codiceVoucher)', 'C (inizioValidita)', 'J (importoVoucher)', '10x55')
})

step('It confirms a good file and says where its vouchers may pay', async () => {
  await elena.page.getByLabel('File CSV dei voucher').setInputFiles(csv(...good))
  await elena.press('Controlla il file')
  await elena.sees('104,00 €', 'non è ancora accettato da nessun servizio: STORIA')
  await elena.press('Conferma e attiva i voucher')
  await elena.sees('2 voucher per 104,00 €', 'nessun servizio lo accetta')
  const call = elena.page.locator('article').filter({ hasText: 'STORIA' })
  await call.getByLabel('Scuola +').check()
  await elena.press('Salva i servizi', { within: call })
  await elena.misses('nessun servizio lo accetta')
  await elena.open('/comune/voucher/importa')
  await elena.page.getByLabel('File CSV dei voucher').setInputFiles(csv(...good))
  await elena.press('Controlla il file')
  await elena.sees('sono già tutti presenti')
})

step('Samira sees what each voucher would pay, and pays in her own order', async () => {
  await samira.logIn(people.samira)
  await samira.follow('Voucher')
  await samira.sees('DEMO-0001', 'scaduto', 'STORIA-2', 'Può pagare')
  await samira.open('/quote')
  await samira.follow(/Aiuto compiti/)
  await samira.sees('Paga con i tuoi voucher', '3,00 € pagati con i voucher')
  await samira.page.getByText('1 voucher non può pagare').click()
  await samira.sees('DEMO-0003 è scaduto')
  await samira.page.getByText('Cambia l’ordine dei voucher').click()
  await samira.page.getByLabel('Posto di STORIA-2').fill('0')
  await samira.press('Salva l’ordine')
  await samira.sees(/STORIA-2: paga 17,3[34] €/)
  await samira.page.getByLabel('Quanto pagare con i voucher').fill('99')
  await samira.press('Usa i voucher', { status: 409 })
  await samira.sees(/al massimo quello che manca \(17,3[34] €\)/)
  await samira.page.getByLabel('Quanto pagare con i voucher').fill('10')
  await samira.press('Usa i voucher')
  await samira.sees('I voucher hanno pagato 10,00 € di questa quota', '13,00 € pagati con i voucher', /Paga 7,3[34] € con carta/, 'registrato')
})

step('A use taken back opens the charge again, and the family is told', async () => {
  await elena.open('/comune/voucher?code=STORIA-2')
  await elena.follow('STORIA-2')
  await elena.sees('90,00 €', 'Non si può annullare finché 10,00 € sono registrati')
  await elena.page.getByText('Storna 10,00').click()
  await elena.press('Storna', { status: 422 })
  await elena.page.getByLabel('Motivo').first().fill('Prova del Comune')
  await elena.press('Storna')
  await elena.sees('Utilizzo stornato', 'stornato', 'Prova del Comune')
  await elena.page.getByLabel('Motivo').fill('Revoca')
  await elena.press('Annulla il voucher')
  await elena.sees('annullato', 'Revoca')
  await elena.press('Ripristina il voucher')
  await elena.sees('utilizzabile')
  await samira.open('/quote')
  await samira.follow(/Aiuto compiti/)
  await samira.sees(/Paga 17,3[34] € con carta/, 'stornato')
  await samira.open('/prova/posta')
  await samira.sees('Il voucher STORIA-2 non paga più 10,00 €')
})

step('The Comune accounts the uses and downloads a workbook per provider', async () => {
  await elena.open('/comune/voucher/rendiconti')
  await elena.sees('Compiti Insieme', 'DOPOSCUOLA', '3,00 €')
  await elena.press('Contabilizza tutto')
  await elena.sees('Nessun utilizzo registrato', 'Rendiconto')
  const file = await elena.download(/XLSX di Compiti Insieme/)
  assert.match(file.name, /^rendiconto-\d{4}-\d{6}-compiti-insieme-.*\.xlsx$/)
  assert.equal(readFileSync(file.path).subarray(0, 2).toString(), 'PK')
  assert.match((await elena.download(/in un file ZIP/)).name, /^rendiconto-\d{4}-\d{6}\.zip$/)
})

step('A family does not read the Comune’s pages about vouchers', async () => {
  for (const path of ['/comune/voucher', '/comune/voucher/importa', '/comune/voucher/bandi', '/comune/voucher/rendiconti']) {
    await samira.open(path, { status: 403 })
  }
})
