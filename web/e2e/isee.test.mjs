// A family files its ISEE, an officer compares it and decides, and the family
// reads who looked at it. Every page is looked at with axe on a phone and a desk.

import { after, before } from 'node:test'
import { writeFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Reader, launch, people, startServer, story } from './helpers.mjs'

const step = story()
let browser, server, giulia, elena
const folder = mkdtempSync(join(tmpdir(), 'colletta-isee-'))

before(async () => {
  server = await startServer()
  browser = await launch()
  giulia = await Reader.enter(browser, server)
  elena = await Reader.enter(browser, server)
})

after(async () => {
  await giulia?.leave()
  await elena?.leave()
  await browser?.close()
  await server?.stop()
  rmSync(folder, { recursive: true, force: true })
})

async function type(reader, fields) {
  for (const [label, value] of Object.entries(fields)) {
    const input = reader.page.getByLabel(label, { exact: false }).first()
    if (await input.evaluate((e) => e.tagName) === 'SELECT') await input.selectOption({ label: value })
    else await input.fill(value)
  }
}

step('the family mends what is refused beside the field, and files its certificate', async () => {
  await giulia.logIn(people.giulia)
  await giulia.follow('Il tuo ISEE')
  await giulia.page.locator('summary', { hasText: 'Dati dell’attestazione' }).click()
  const typed = {
    'Tipo di ISEE': 'università', 'Valore dell’ISEE': 'tanto', Protocollo: 'INPS-ISEE-2026-E2E000001-00', 'Data di presentazione': '2026-02-03',
    'Valida dal': '2026-02-03', 'Valida fino al': '2026-12-31', 'Componenti del nucleo': '3', 'Scala di equivalenza': '2,04',
  }
  await type(giulia, typed)
  await giulia.press('Inserisci l’attestazione', { status: 422 })
  await giulia.sees('Una cosa da correggere', 'L’ISEE è un importo')
  await type(giulia, { 'Valore dell’ISEE': '13.377,31' })
  await giulia.press('Inserisci l’attestazione')
  await giulia.sees('Attestazione inserita', 'ISEE università', '13.377,31 €', 'da verificare', 'INPS-ISEE-2026-E2E000001-00')
})

step('the officer finds it in a list without amounts, opens it and refuses it', async () => {
  await elena.logIn(people.elena)
  await elena.open('/comune')
  await elena.sees('1 attestazione aspetta una verifica')
  await elena.follow('Vai alle attestazioni')
  await elena.sees('Da verificare (1)', 'università')
  await elena.misses('13.377,31', 'E2E000001')
  await elena.follow(/^Famiglia/)
  await elena.sees('13.377,31 €', 'Che l’hai aperta è registrato')
  await elena.press('Non accettarla', { status: 422 })
  await elena.page.getByLabel('Perché non la accetti').fill('Manca l’ultima pagina')
  await elena.press('Non accettarla')
  await elena.sees('Nessuna attestazione aspetta una verifica')
})

step('the family reads the reason, and who looked for what', async () => {
  await giulia.open('/isee')
  await giulia.sees('non accettata', 'Manca l’ultima pagina', 'Elena Riva', 'verifica dell’attestazione', 'Tu')
})

step('the officer imports a file with errors by row and column, and types one', async () => {
  const path = join(folder, 'isee.csv')
  writeFileSync(path, 'Codice fiscale;Tipo di ISEE;ISEE in euro;Protocollo;Data DSU;Valido dal;Valido al\nX;ordinario;1;P;03/02/2026;03/02/2026;31/12/2026\n')
  await elena.follow('Importa un file')
  await elena.page.getByLabel('File CSV').setInputFiles(path)
  await elena.press('Controlla il file', { status: 422 })
  await elena.sees('1 errore: non è stato salvato nulla', 'Codice fiscale')
  await elena.open('/comune/isee/nuova')
  await elena.press('Inserisci l’attestazione', { status: 422 })
  await elena.sees('cose da correggere')
  await elena.open('/comune/isee')
  await elena.page.getByLabel('Codice fiscale').first().fill('RSSMRA80A01F205X')
  await elena.press('Cerca', { status: 422 })
  await elena.sees('Nessuna famiglia registrata ha questo codice fiscale')
})
