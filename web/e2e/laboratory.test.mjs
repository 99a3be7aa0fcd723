// The laboratory at the nursery school near San Gottardo: 29 families have
// pledged; Giulia is the thirtieth, without JavaScript from the login to the
// receipt. Her round is closed by its timetable, as the demo's clock passes it.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before } from 'node:test'
import { Reader, launch, people, startServer, story, wordsOf } from './helpers.mjs'

const name = /Laboratorio di psicomotricità alla San Gottardo/
const step = story()
let browser, server, giulia, late, round, charge

before(async () => {
  browser = await launch()
  server = await startServer()
}, { timeout: 180_000 })

after(async () => {
  await browser?.close()
  await server?.stop()
}, { timeout: 60_000 })

step('Giulia enters by the link in an e-mail', async () => {
  giulia = await Reader.enter(browser, server, { javaScript: false })
  await giulia.open('/')
  await giulia.sees('Un servizio insieme ai vicini costa meno')
  await giulia.logIn(people.giulia)
  await giulia.sees('Famiglia Ferri', name)
})

step('She looks at the group of her round before she decides', async () => {
  await giulia.follow(name)
  round = new URL(giulia.page.url()).pathname
  // 1,500.00 € among 30 families; ISEE 9,200.00 €: 60 % of the share is paid by the Comune.
  await giulia.sees('29 famiglie finora', 'Il gruppo può partire', 'Se aderisci oggi', '20,00 € per tutto il corso',
    'Quota 50,00 € − contributo del Comune 30,00 €')
  // With 31 the share is 48.38 € and 29.02 € are paid; with 32, 46.88 € and 28.12 €.
  await giulia.sees(/\+1 famiglia\s+19,36 €/, /\+2 famiglie\s+18,76 €/)
  await giulia.page.getByText('Come si calcola il tuo contributo').click()
  await giulia.sees('ISEE minorenni: 9.200,00 €', '60 %')
})

step('A maximum price that is none is refused beside its field, and kept', async () => {
  await giulia.follow('Aderisci')
  const price = giulia.page.getByLabel('Quanto sei disposto a pagare al massimo?')
  await giulia.page.locator('#s-thu-16').uncheck()
  for (const typed of ['1e9', '-1', '12,345', 'NaN', '']) {
    await price.fill(typed)
    await giulia.press('Aderisci con impegno', { status: 422 })
    assert.equal(await price.inputValue(), typed)
    assert.equal(await price.getAttribute('aria-invalid'), 'true')
    const reason = giulia.page.locator(`[id="${(await price.getAttribute('aria-describedby')).split(' ').find((id) => id.endsWith('-error'))}"]`)
    assert.match(await reason.innerText(), /\S/)
    await giulia.sees('Una cosa da correggere')
    assert.equal(await giulia.page.locator('#s-tue-16').isChecked(), true, 'the other answers are kept')
    assert.equal(await giulia.page.locator('#s-thu-16').isChecked(), false, 'the other answers are kept')
  }
  await giulia.open(round)
  await giulia.sees('29 famiglie finora')
})

step('She pledges as the thirtieth, and is counted', async () => {
  await giulia.follow('Aderisci')
  await giulia.page.getByLabel('Quanto sei disposto a pagare al massimo?').fill('25,00')
  await giulia.page.getByLabel('Carta', { exact: true }).check()
  await giulia.press('Aderisci con impegno')
  await giulia.sees('Il tuo impegno è registrato', 'Il tuo impegno', '25,00 €', 'carta')
  await giulia.follow('Vedi il gruppo dal vivo')
  await giulia.sees('30 famiglie finora', 'Modifica l’impegno', '20,00 € per tutto il corso')
  await giulia.follow('Ritira')
  await giulia.sees('Vuoi ritirare l’impegno')
  await giulia.follow('Tieni l’impegno')
  await giulia.follow('Vedi il gruppo dal vivo')
})

step('The clock passes the close: the timetable closes the round and forms the group', async () => {
  // In another window she has begun to change her pledge.
  late = await Reader.enter(browser, server, { cookies: await giulia.context.cookies() })
  await late.open(round)
  await late.follow('Modifica l’impegno')

  const closes = await giulia.page.locator('h1 ~ p time').getAttribute('datetime')
  await giulia.open('/prova/orologio')
  assert.equal(await giulia.page.locator('form ~ p time').getAttribute('datetime'), closes, 'the next close is that of her round')
  await giulia.press('Alla prossima chiusura')
  await giulia.sees('Ora è')
  await giulia.waitFor(round, 'Com’è andata')
  await giulia.sees(/famiglie servite\s+30/, /senza gruppo\s+0/, /costo dei gruppi\s+1\.500,00 €/)
})

step('After the close nothing can be pledged or changed, and the page says why', async () => {
  await late.page.getByLabel('Quanto sei disposto a pagare al massimo?').fill('30,00')
  await late.press(/Salva le modifiche/, { status: 409 })
  await late.sees(/La tornata si è chiusa .*non si può più aderire, modificare o ritirarsi/)
  await late.leave()
})

step('She pays her share by card: the first is declined, the second taken', async () => {
  await giulia.waitFor(round, 'Paga la quota')
  await giulia.sees('La tua quota è 20,00 €')
  await giulia.follow('Paga la quota')
  charge = new URL(giulia.page.url()).pathname
  await giulia.sees('Da pagare', /Costo del gruppo \(30 famiglie\)\s+1\.500,00 €/, /La tua parte\s+50,00 €/,
    /Contributo del Comune\s+− 30,00 €/, /Quota\s+20,00 €/)

  await giulia.press('Paga 20,00 € con carta')
  await giulia.sees('Paga con la carta', '20,00 €')
  await giulia.page.getByLabel('Numero della carta di prova').fill('4000000000000002')
  await giulia.press(/^Paga/, { status: 402 })
  await giulia.sees('La banca di prova ha rifiutato la carta. Non hai pagato nulla.')
  await giulia.follow('Torna indietro senza pagare')
  await giulia.sees('Da pagare')
  await giulia.press('Paga 20,00 € con carta')
  await giulia.page.getByLabel('Numero della carta di prova').fill('4242424242424242')
  await giulia.press(/^Paga/)

  await giulia.misses('TEST')
  await giulia.waitFor(charge, /Scarica la ricevuta/)
  await giulia.sees('Pagata', '20,00 €', 'Scarica la ricevuta')
  await giulia.misses('Da pagare', 'con carta')
})

step('She downloads her receipt', async () => {
  const number = /\d{4}-\d{6}/.exec(await giulia.page.getByRole('link', { name: /Scarica la ricevuta/ }).innerText())[0]
  const receipt = await giulia.download(/Scarica la ricevuta/)
  assert.match(receipt.name, /\.pdf$/)
  assert.equal(readFileSync(receipt.path).subarray(0, 5).toString(), '%PDF-')
  const words = wordsOf(receipt.path)
  if (words !== null) {
    for (const word of [number, 'Giulia Ferri', '50,00', '30,00', '20,00', 'psicomotricità']) assert.ok(words.includes(word), `the receipt does not show ${word}:\n${words}`)
  }
  await giulia.open('/quote')
  await giulia.sees('Non hai niente da pagare', 'Concluse')
  await giulia.open('/casa')
})

step('Neither a neighbour nor a stranger reads her charge, and a family does not read the Comune’s page', async () => {
  await giulia.open('/comune', { status: 403 })
  const samira = await Reader.enter(browser, server)
  await samira.open(charge)
  await samira.sees('Non serve una password')
  await samira.logIn(people.samira)
  await samira.open(charge, { status: 404 })
  await samira.misses('Ferri', '20,00 €')
  await samira.leave()
  await giulia.open('/casa')
  await giulia.press('Esci')
  await giulia.open('/quote')
  await giulia.sees('Non serve una password')
  await giulia.leave()
})
