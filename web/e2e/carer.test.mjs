// A condominium of Municipio 8: five flats ask for 22 hours of a carer's week.
// Franca adds 2, the group of six starts, she pays by bank transfer and the
// administrator records it. Then he imports a file, and the Comune looks on.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before } from 'node:test'
import { Reader, inRome, launch, people, startServer, story, wordsOf } from './helpers.mjs'

const name = /Assistente familiare in Via Amoretti 14/
let browser, server

before(async () => {
  browser = await launch()
  server = await startServer()
}, { timeout: 180_000 })

after(async () => {
  await browser?.close()
  await server?.stop()
}, { timeout: 60_000 })

{
  const step = story()
  const hers = { 'fri-10': 'venerdì 10–11', 'fri-11': 'venerdì 11–12', 'sat-10': 'sabato 10–11', 'sat-11': 'sabato 11–12' }
  let franca, marco, round, charge, closes

  step('Franca sees that the group lacks hours', async () => {
    franca = await Reader.enter(browser, server)
    await franca.logIn(people.franca)
    await franca.follow(name)
    round = new URL(franca.page.url()).pathname
    closes = new Date(await franca.page.locator('h1 ~ p time').getAttribute('datetime'))
    await franca.sees('5 famiglie finora', '22 ore a settimana su 24: ne mancano 2 per partire', 'a turno')
    await franca.misses('Il gruppo può partire')
  })

  step('She pledges two hours as the sixth flat', async () => {
    await franca.follow('Aderisci')
    await franca.page.getByLabel('Quante ore a settimana ti servono?').fill('2')
    for (const box of await franca.page.locator('input[name=slots]').all()) await box.setChecked((await box.getAttribute('value')) in hers)
    await franca.page.getByLabel('Quanto sei disposto a pagare al massimo?').fill('80,00')
    await franca.page.getByLabel('Bonifico', { exact: true }).check()
    await franca.press('Aderisci con impegno')
    await franca.sees('Il tuo impegno è registrato', '2 ore a settimana', '80,00 €', 'bonifico')
    await franca.follow('Vedi il gruppo dal vivo')
    await franca.sees('6 famiglie finora', 'Il gruppo può partire')
  })

  step('The clock passes the close: the rota of six flats is formed', async () => {
    await franca.open('/prova/orologio')
    await franca.page.getByLabel('Data e ora di Roma').fill(inRome(new Date(closes.getTime() + 60_000)))
    await franca.press('Imposta')
    await franca.sees('Ora è')
    await franca.waitFor(round, 'Com’è andata')
    await franca.waitFor(round, 'Paga la quota')
    await franca.sees(/famiglie servite\s+6/, 'a turno')
    await franca.follow('Guarda com’è andata')
    await franca.sees('Il tuo gruppo parte', 'con 6 famiglie', 'Il gruppo costa in tutto 1.344,00 €')
    const hours = /Le tue fasce: ([^.]+)\./.exec(await franca.read())[1].split(/, | e /)
    assert.equal(hours.length, 2)
    for (const hour of hours) assert.ok(Object.values(hers).includes(hour), `${hour} is not among those she chose`)
  })

  step('Her charge shows how to pay by bank transfer', async () => {
    // Of the 180.00 € a month 15.00 € are hers (2 of 24 hours), 4.00 € a flat and 2 × 47.50 €; ISEE 12,400.00 €: 36.52 %.
    await franca.follow('Paga la quota')
    charge = new URL(franca.page.url()).pathname
    await franca.sees(/La tua parte\s+114,00 €/, /Contributo del Comune\s+− 41,63 €/, /Quota\s+72,37 €/,
      /IBAN\s+IT\d{2} [A-Z]\d{3}/, /RF\d{2} /, 'Beneficiario')
    const code = franca.page.getByRole('img', { name: /Codice QR/ })
    assert.equal(await code.evaluate((img) => img.complete && img.naturalWidth > 0), true, 'the QR code is shown')
  })

  step('The administrator sees who has not paid and records the transfer', async () => {
    const number = /\d{4}-\d{6}/.exec(await franca.page.locator('main').innerText())[0]
    marco = await Reader.enter(browser, server)
    await marco.logIn(people.marco)
    await marco.follow(/^Condominio di Via Amoretti 14/)
    const row = marco.page.getByRole('row').filter({ hasText: 'Franca Colombo' })
    assert.match(await row.innerText(), new RegExp(`da pagare\\s+${number}`))
    await marco.misses('72,37', '41,63') // what the Comune pays for a neighbour is not for him
    const fold = marco.page.locator('details').filter({ hasText: number })
    await fold.locator('summary').click()
    await fold.getByLabel('Importo ricevuto').fill('72,3')
    await marco.press('Registra il bonifico', { within: fold, status: 422 })
    const again = marco.page.locator('details').filter({ hasText: number })
    assert.equal(await again.getByLabel('Importo ricevuto').inputValue(), '72,3')
    await marco.misses('72,37', '41,63') // not even a wrong amount makes the page tell
    await again.getByLabel('Importo ricevuto').fill('72,37')
    await marco.press('Registra il bonifico', { within: again })
    await marco.sees('Bonifico registrato')
    assert.match(await row.innerText(), new RegExp(`pagata\\s+${number}`))
  })

  step('Franca sees her share paid, and downloads the receipt', async () => {
    await franca.open(charge)
    await franca.sees('Pagata', '72,37 €', 'bonifico')
    await franca.misses('Da pagare', 'Paga 72,37 €')
    const number = /\d{4}-\d{6}/.exec(await franca.page.getByRole('link', { name: /Scarica la ricevuta/ }).innerText())[0]
    const receipt = await franca.download(/Scarica la ricevuta/)
    assert.equal(readFileSync(receipt.path).subarray(0, 5).toString(), '%PDF-')
    const words = wordsOf(receipt.path)
    if (words !== null) {
      for (const word of [number, 'Franca Colombo', '114,00', '41,63', '72,37']) assert.ok(words.includes(word), `the receipt does not show ${word}:\n${words}`)
    }
    await franca.leave()
    await marco.leave()
  })
}

{
  const step = story()
  let marco, members

  step('The administrator uploads a faulty file: every error by row and column, nothing stored', async () => {
    marco = await Reader.enter(browser, server)
    await marco.logIn(people.marco)
    await marco.follow(/^Condominio di Via Amoretti 14/)
    members = await marco.page.getByRole('table', { name: /Famiglie della comunità/ }).locator('tbody').innerText()
    await marco.follow('Importa le unità da un file')
    const csv = ['Scala;Piano;Interno;Millesimi;Cognome;Nome;Email;Telefono;Codice fiscale;Residenti',
      'A;T;1;500,0000;Colombo;Ada;ada.colombo@example.org;;;1',
      'A;T;1;499,5000;Brambilla;Enrico;enrico.brambilla;;;2',
      'A;1;3;tanti;Ferrari;Lucia;;;;=1+1'].join('\n')
    await upload('palazzo.csv', csv)
    await marco.press('Controlla il file', { status: 422 })
    const errors = marco.page.getByRole('table', { name: 'Errori per riga e colonna' }).locator('tbody tr')
    const rows = (await errors.allInnerTexts()).map((text) => text.split('\t').slice(0, 2).join(' '))
    for (const row of ['3 C (Interno)', '3 G (Email)', '4 D (Millesimi)', '4 J (Residenti)']) assert.ok(rows.includes(row), `no error at ${row}: ${rows}`)
    await marco.sees('non è stato salvato nulla')
    assert.equal(await marco.page.getByRole('button', { name: 'Conferma' }).count(), 0)

    await upload('niente.csv', 'a;b\n1;2\n')
    await marco.press('Controlla il file', { status: 422 })
    await marco.sees('Manca la colonna «Interno»', 'La colonna «a» non è prevista')

    await marco.follow('Condominio di Via Amoretti 14')
    assert.equal(await marco.page.getByRole('table', { name: /Famiglie della comunità/ }).locator('tbody').innerText(), members)
  })

  step('He previews the example file, confirms it, and a second time nothing is left to do', async () => {
    await marco.follow('Importa le unità da un file')
    const example = await marco.download('Scarica un esempio compilato')
    assert.match(example.name, /\.xlsx$/)
    const file = { name: example.name, buffer: readFileSync(example.path) }
    await upload(file.name, file.buffer)
    await marco.press('Controlla il file')
    await marco.sees(/righe lette\s+12/, /da aggiungere\s+6/, /da aggiornare\s+6/, 'passa a un’altra famiglia')
    await marco.press('Conferma l’importazione')
    await marco.sees('Importazione riuscita: 6 unità aggiunte, 6 aggiornate, 0 invariate', 'Salvatore D\'Amico')

    await marco.follow('Importa le unità da un file')
    await upload(file.name, file.buffer)
    await marco.press('Controlla il file')
    await marco.sees('Questo file è già stato importato: confermare di nuovo non cambia nulla', /da aggiungere\s+0/, /da aggiornare\s+0/)
    await marco.leave()
  })

  function upload(name, content) {
    return marco.page.getByLabel('File XLSX o CSV').setInputFiles({ name, mimeType: 'application/octet-stream', buffer: Buffer.from(content) })
  }
}

{
  const step = story()

  step('The Comune sees the rounds, its funds and where help is lacking', async () => {
    const elena = await Reader.enter(browser, server)
    await elena.logIn(people.elena)
    await elena.sees('Comune', 'Fondi', 'dotazione', 'Mappa dei bisogni', 'Bisogni per municipio', name)
    assert.equal(await elena.page.getByRole('img', { name: /Mappa/ }).locator('path').count(), 9, 'the nine municipi are drawn')
    await elena.follow(name)
    await elena.sees('Per il Comune', 'Impronta SHA-256 della fotografia')
    const snapshot = await elena.download(/Scarica la fotografia/)
    const round = JSON.parse(readFileSync(snapshot.path, 'utf8'))
    assert.equal(round.schema, 'colletta.round/2')
    assert.equal(round.demands.length, 6)
    await elena.open('/comune/calendario')
    await elena.open('/tornate')
    await elena.leave()
  })

  step('The provider reads whom it serves, and a family’s desk is closed to it', async () => {
    const paola = await Reader.enter(browser, server)
    await paola.logIn(people.paola)
    await paola.sees('Il Filo', 'Laboratorio di psicomotricità, 10 incontri')
    await paola.open('/ente/offerta')
    await paola.open('/comune', { status: 403 })
    await paola.leave()
  })

  step('A passer-by reads the pages for everybody', async () => {
    const anybody = await Reader.enter(browser, server, { javaScript: false })
    for (const path of ['/', '/tornate', '/spazi', '/accessibilita', '/privacy', '/accedi']) await anybody.open(path)
    await anybody.open('/nessuna-pagina', { status: 404 })
    await anybody.open('/casa')
    await anybody.sees('Non serve una password')
    await anybody.leave()
  })
}
