// The story of a statement: the Comune loads a file of its bank, sees what would
// happen and confirms; a part payment and the rest by hand; the family gets its
// receipts, and owes again when the bank takes money back. No reader has JavaScript.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before } from 'node:test'
import { Reader, launch, people, startServer, story } from './helpers.mjs'

let server, browser, elena, samira, charge, reference, number
const step = story()
const yesterday = new Date(Date.now() - 24 * 3600 * 1000).toISOString().slice(0, 10)
const account = 'IT60X0542811101000000123456'

/** A statement as a bank writes it; amounts in cents. */
function statement(id, opening, entries) {
  const euro = (cents) => (Math.abs(cents) / 100).toFixed(2)
  const side = (cents) => `<CdtDbtInd>${cents < 0 ? 'DBIT' : 'CRDT'}</CdtDbtInd>`
  const closing = entries.reduce((sum, e) => sum + (e.pending ? 0 : e.cents), opening)
  const balance = (code, cents) => `<Bal><Tp><CdOrPrtry><Cd>${code}</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">${euro(cents)}</Amt>${side(cents)}<Dt><Dt>${yesterday}</Dt></Dt></Bal>`
  const xml = `<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt><GrpHdr><MsgId>${id}</MsgId></GrpHdr><Stmt><Id>${id}</Id>
<CreDtTm>${yesterday}T22:00:00+01:00</CreDtTm><Acct><Id><IBAN>${account}</IBAN></Id><Ccy>EUR</Ccy></Acct>${balance('OPBD', opening)}${balance('CLBD', closing)}
${entries.map((e) => `<Ntry><Amt Ccy="${e.currency ?? 'EUR'}">${euro(e.cents)}</Amt>${side(e.cents)}<RvslInd>${Boolean(e.reversal)}</RvslInd><Sts>${e.pending ? 'PDNG' : 'BOOK'}</Sts><BookgDt><Dt>${yesterday}</Dt></BookgDt><AcctSvcrRef>${e.ref}</AcctSvcrRef><NtryDtls><TxDtls><Refs><EndToEndId>${e.end ?? 'NOTPROVIDED'}</EndToEndId></Refs><RltdPties><Dbtr><Nm>${e.name ?? 'EL AMRANI SAMIRA'}</Nm></Dbtr></RltdPties><RmtInf><Ustrd>${e.text ?? ''}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>`).join('\n')}
</Stmt></BkToCstmrStmt></Document>`
  return { name: `${id}.xml`, mimeType: 'text/xml', buffer: Buffer.from(xml) }
}

async function load(file, options) {
  await elena.open('/comune/estratti')
  await elena.page.getByLabel('File CAMT.053').setInputFiles(file)
  await elena.press('Controlla il file', options)
}

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

step('A family is asked to pay to the account of the Comune', async () => {
  await samira.logIn(people.samira)
  await samira.open('/quote')
  await samira.follow(/Aiuto compiti/)
  await samira.sees('Comune di Milano (prova)', 'IT60 X054')
  const read = await samira.read()
  charge = new URL(samira.page.url()).pathname
  reference = /RF\d\d( [0-9A-Z]{4}){4}/.exec(read)[0]
  number = /Quota (\d{4}-\d{6})/.exec(read)[1]
})

step('The Comune is told what is wrong with a file', async () => {
  await elena.logIn(people.elena)
  await load(statement('dollari', 0, [{ ref: 'U1', cents: 500, currency: 'USD' }]), { status: 422 })
  await elena.sees('la valuta è «USD» e non EUR', 'Stmt/Ntry/Amt')
  await load({ name: 'x.xml', mimeType: 'text/xml', buffer: Buffer.from('<html></html>') }, { status: 422 })
  await elena.sees('non è un CAMT.053')
})

step('It sees what a statement would do, and confirms', async () => {
  const file = statement('primo', 100_00, [
    { ref: 'P1', cents: 500, text: `acconto doposcuola ${reference.toLowerCase()}`, end: 'SAMIRA-1' },
    { ref: 'P2', cents: 300, text: `quota ${number}` },
    { ref: 'P3', cents: 700, text: reference, pending: true },
    { ref: 'P4', cents: -150, text: 'COMPETENZE', name: 'BANCA' },
  ])
  await load(file)
  await elena.sees('Anteprima di primo.xml', 'pagata in parte: mancano', 'la banca non l’ha ancora contabilizzato', 'resta da abbinare', 'EL AMRANI SAMIRA')
  await elena.press('Conferma l’importazione')
  await elena.sees('3 movimenti nuovi, di cui 1 abbinato', 'Da abbinare', 'COMPETENZE')
  await load(file)
  await elena.sees('Tutti i movimenti di questo file ci sono già')
})

step('It matches by hand what has no reference, and sets aside what is not of a family', async () => {
  await elena.open('/comune/estratti')
  await elena.follow(/Abbina il movimento di 3,00/)
  await elena.sees('C’è il suo numero', number)
  await elena.page.getByText('A una quota, o a più quote').click()
  await elena.page.getByLabel('Numero della quota 1').fill('2026-999999')
  await elena.press('Abbina', { within: elena.page.locator('details'), status: 422 })
  await elena.sees('Non c’è una quota con il numero «2026-999999»')
  await elena.press(new RegExp(`Abbina a questa.*${number}`))
  await elena.sees('Movimento abbinato')
  await elena.follow(/il movimento di -1,50|il movimento di −1,50/)
  await elena.page.getByLabel('Perché').fill('Competenze della banca')
  await elena.press('Metti da parte')
  await elena.sees('Nessun movimento da abbinare')
})

step('The family sees what it paid, with two receipts', async () => {
  await samira.open(charge)
  await samira.sees('5,00 €, bonifico', '3,00 €, bonifico', 'Già pagato')
  assert.equal(readFileSync((await samira.download(/Scarica la ricevuta/)).path).subarray(0, 5).toString(), '%PDF-')
})

step('The bank takes money back: it is owed again', async () => {
  await load(statement('secondo', 106_50, [{ ref: 'S1', cents: -500, reversal: true, end: 'SAMIRA-1' }]))
  await elena.sees('torna da pagare')
  await elena.press('Conferma l’importazione')
  await samira.open(charge)
  await samira.sees('non vale più')
  await samira.open('/prova/posta')
  await samira.sees('La banca ha ripreso 5,00 €')
})

step('A family does not see the account', async () => {
  await samira.open('/comune/estratti', { status: 403 })
})
