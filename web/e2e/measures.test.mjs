// An officer tries a version of a measure, opens its worked cases, simulates it
// on invented families and on the Comune's own, and a family reads that it was
// read. Every page is looked at with axe on a phone and a desk; the tries are
// made without JavaScript.

import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import { Reader, launch, people, startServer, story } from './helpers.mjs'

const step = story()
const measure = '/comune/misure/contributo-laboratori-scuola-2026'
let browser, server, elena, giorgio, giulia

before(async () => {
  server = await startServer()
  browser = await launch()
  elena = await Reader.enter(browser, server, { javaScript: false })
  giorgio = await Reader.enter(browser, server)
  giulia = await Reader.enter(browser, server)
})

after(async () => {
  await elena?.leave()
  await giorgio?.leave()
  await giulia?.leave()
  await browser?.close()
  await server?.stop()
})

step('an officer tries the version in force and mends what is refused beside the field', async () => {
  await elena.logIn(people.elena)
  await elena.open(measure)
  await elena.follow('Prova la versione 1')
  await elena.page.getByLabel('ISEE').fill('9.000,00')
  await elena.page.getByLabel('Quota').fill('tanto')
  await elena.press('Calcola', { status: 422 })
  await elena.sees('Una cosa da correggere', 'Quota: non è un importo')
  await elena.page.getByLabel('Quota').fill('30,00')
  await elena.press('Calcola')
  await elena.sees('18,00 €', 'spetta il 60 % della quota', 'ISEE minorenni: 9.000,00 €')
  await elena.page.getByLabel('ISEE').fill('')
  await elena.press('Calcola')
  await elena.sees('0,00 €', 'senza ISEE la misura non spetta')
})

step('she opens a worked case with the reasons', async () => {
  await elena.follow('14')
  await elena.sees('Caso di prova 14', 'torna', '40,00 €')
  assert.equal(await elena.page.getByLabel('Quota').inputValue(), '50,02')
})

step('she writes a new version, which nobody has simulated yet', async () => {
  await elena.open(measure)
  await elena.follow('Scrivi una nuova versione')
  const text = await elena.page.getByLabel('Testo della misura').inputValue()
  const changed = text.replace('up_to: 27000.00, percent: 20', 'up_to: 30000.00, percent: 20').replace('isee: 27000.01, price: 30.00, expect: 0.00', 'isee: 27000.01, price: 30.00, expect: 6.00')
  await elena.page.getByLabel('Testo della misura').fill(changed)
  await elena.press('Salva la bozza')
  await elena.sees('Versione 2', 'bozza', 'Nessuno ha ancora simulato questa versione')
})

step('she compares draft and version in force on invented families', async () => {
  await elena.follow('Simula la versione 2')
  await elena.page.getByLabel('Quante famiglie inventate').fill('niente')
  await elena.press('Simula', { status: 422 })
  await elena.sees('Quante famiglie inventate')
  await elena.page.getByLabel('Quante famiglie inventate').fill('2000')
  await elena.press('Simula')
  await elena.sees('Le due versioni a confronto', 'Versione 1 (in vigore)', 'Versione 2 (bozza)', 'da 25.000 a 30.000 €', 'Famiglie raggiunte per fascia di ISEE', 'Famiglie considerate', '2.000')
})

step('and on the families of the Comune, within two seconds', async () => {
  await elena.page.getByLabel('Su quali famiglie').selectOption('registered')
  const begun = Date.now()
  const answered = elena.page.waitForResponse((r) => r.request().method() === 'POST').then(() => Date.now() - begun)
  await elena.press('Simula')
  assert.ok(await answered < 2000, `it took ${await answered} ms`)
  await elena.sees('Sulle famiglie del Comune', 'famiglie con un importo più alto', 'famiglie con lo stesso importo')
})

step('who publishes reads what the simulation came to, and the family that it was read', async () => {
  await giorgio.logIn('giorgio.sala@comune.example')
  await giorgio.open(measure)
  await giorgio.sees('Che cosa cambierebbe', 'Elena Riva. Su', 'famiglie del Comune', 'Differenza +', 'Pubblica la versione 2')
  await giorgio.follow('Prova la versione 2')
  await giulia.logIn(people.giulia)
  await giulia.open('/isee')
  await giulia.sees('Programma, avviato da Elena Riva', 'simulazione di una misura del Comune')
  await giulia.open(`${measure}/simulazione`, { status: 403 })
  await giulia.open(`${measure}/1/prova`, { status: 403 })
})
