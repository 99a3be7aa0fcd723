// The story of funds: the Comune looks at a fund that has run out and adds money,
// so that its list moves; a family asks a measure to pay some of its charge; the
// Comune opens a fund, takes the award back, and records what it paid for a
// provider. No reader has JavaScript.

import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import { Reader, launch, people, startServer, story } from './helpers.mjs'

let server, browser, elena, samira, help // what the measure pays: 60 % of a share that may have the odd cent
const step = story()

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

step('The Comune sees a fund that has run out, and its movements down to the family', async () => {
  await elena.logIn(people.elena)
  await elena.open('/comune/fondi')
  await elena.sees('Aiuto per le quote', 'in ordine di arrivo', 'con una graduatoria')
  await elena.follow('Aiuto per le quote')
  await elena.sees('Chi chiede prima è servito prima.', 'Chi aspetta, nell’ordine in cui è servito', 'primo posto della lista d’attesa', 'dotazione', 'Famiglia')
})

step('A family asks, and waits at its place', async () => {
  await samira.logIn(people.samira)
  await samira.open('/quote')
  await samira.follow(/Aiuto compiti/)
  await samira.follow('Chiedi il contributo')
  await samira.sees('Aiuto per le quote dei servizi condivisi 2026', 'Adesso non ci sono bandi aperti')
  help = (await samira.page.locator('article .amount').first().innerText()).trim().replace(/\s/g, ' ')
  assert.match(help, /^12,(19|20) €$/)
  await samira.press(/^Chiedi Aiuto/)
  await samira.sees('sei in lista d’attesa', 'domande prima')
  await samira.open('/contributi')
  await samira.sees(help, 'Ritira la domanda')
})

step('Money comes, and the list moves in its order', async () => {
  const form = elena.page.locator('form[action$="/dotazione"]')
  await form.getByLabel('Importo').fill('x')
  await elena.press('Aggiungi', { status: 422 })
  await elena.sees('Una cosa da correggere')
  await elena.page.locator('form[action$="/dotazione"]').getByLabel('Importo').fill('500,00')
  await elena.press('Aggiungi')
  await elena.sees('Dotazione aggiornata.')
  await elena.misses('Chi aspetta, nell’ordine in cui è servito')
  await samira.open('/quote')
  await samira.follow(/Aiuto compiti/)
  await samira.sees(`${help} di ${help} chiesti`, 'assegnata', `La misura «Aiuto per le quote dei servizi condivisi 2026» paga ${help}.`)
})

step('The Comune records what it paid for a provider, and refuses another sum', async () => {
  const owed = elena.page.locator('details').filter({ hasText: 'Compiti Insieme' })
  await owed.locator('summary').click()
  const due = await owed.getByLabel('Somma arrivata').inputValue()
  await owed.getByLabel('Somma arrivata').fill('0,01')
  await elena.press(/^Registra il bonifico per Compiti Insieme/, { status: 422 })
  await elena.sees(`Il fondo deve all’ente ${due}`)
  await elena.page.locator('details').filter({ hasText: 'Compiti Insieme' }).getByLabel('Somma arrivata').fill(due)
  await elena.press(/^Registra il bonifico per Compiti Insieme/)
  await elena.sees(`Registrati ${due}`, 'versati')
})

step('The Comune opens a fund, and is told what is missing', async () => {
  await elena.open('/comune/fondi')
  await elena.page.locator('summary', { hasText: 'Apri un fondo' }).click()
  await elena.press('Apri il fondo', { status: 422 })
  await elena.sees('Scegli almeno una misura in vigore.')
  await elena.page.getByLabel('Nome del fondo').fill('Bonus del prossimo anno')
  await elena.page.getByLabel('Primo giorno').fill('2031-01-01')
  await elena.page.getByLabel('Ultimo giorno').fill('2031-12-31')
  await elena.page.getByLabel('Bonus famiglie 2026').check()
  await elena.press('Apri il fondo')
  await elena.sees('Fondo aperto.', 'Bonus del prossimo anno', 'Nessun movimento ancora.')
  assert.match(elena.page.url(), /\/comune\/fondi\/[0-9a-f-]{36}$/)
})
