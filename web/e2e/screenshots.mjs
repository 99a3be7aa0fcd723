// Takes the pictures of docs/screenshots from a fresh demo:
//
//	node web/e2e/screenshots.mjs FOLDER          the few that the documents show
//	node web/e2e/screenshots.mjs FOLDER --all    every main page, whole, on a phone and on a desk

import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Reader, desktop, launch, people, phone, startServer } from './helpers.mjs'

const [folder, option] = process.argv.slice(2)
if (!folder || (option && option !== '--all')) {
  console.error('usage: screenshots.mjs FOLDER [--all]')
  process.exit(2)
}
mkdirSync(folder, { recursive: true })
const all = option === '--all'
const browser = await launch()
const server = await startServer()
try {
  await takeAll()
} finally {
  await browser.close()
  await server.stop()
}

async function takeAll() {
  const reader = () => Reader.enter(browser, server, { javaScript: false, inspect: false })
  const anybody = await reader()
  await anybody.open('/')
  await take(anybody, 'landing')
  await anybody.open('/accedi')
  await take(anybody, 'login')

  const giulia = await reader()
  await giulia.logIn(people.giulia)
  await take(giulia, 'home', { phone: true })
  await giulia.follow(/Laboratorio di psicomotricità/)
  await take(giulia, 'round', { desktop: true, phone: true, from: 'main', whole: true })
  await giulia.follow('Aderisci')
  await take(giulia, 'pledge', { phone: true, from: 'main' })

  const samira = await reader()
  await samira.logIn(people.samira)
  await samira.open('/quote')
  await samira.follow(/Aiuto compiti/)
  await take(samira, 'charge', { desktop: true, whole: true })
  await samira.press(/^Paga .* con carta/)
  await take(samira, 'card')
  await samira.press(/^Paga/)
  await takeReceipt(await samira.download(/Scarica la ricevuta/))

  const marco = await reader()
  await marco.logIn(people.marco)
  await marco.follow(/^Condominio di Via Amoretti 14/)
  await take(marco, 'community', { desktop: true, from: 'main' })
  await marco.follow('Importa le unità da un file')
  await take(marco, 'import')

  const elena = await reader()
  await elena.logIn(people.elena)
  await take(elena, 'officer', { desktop: true, from: '.map-and-table' })
}

/**
 * Takes a page. shown says at which widths the documents show it: there a
 * screenful, beginning at an element, or on a desk the whole main part; with
 * --all the whole page at both.
 */
async function take(reader, name, shown = {}) {
  const widths = { desktop: ['', desktop], phone: ['-phone', phone] }
  for (const [width, [suffix, viewport]] of Object.entries(widths)) {
    if (!all && !shown[width]) continue
    await reader.page.setViewportSize(viewport)
    const path = join(folder, `${name}${suffix}.png`)
    if (!all && shown.whole && width === 'desktop') {
      const around = reader.page.locator('header, footer')
      await around.evaluateAll((all) => { for (const e of all) e.hidden = true })
      await reader.page.locator('main').screenshot({ path })
      await around.evaluateAll((all) => { for (const e of all) e.hidden = false })
      continue
    }
    if (!all && shown.from) await reader.page.locator(shown.from).evaluate((e) => scrollTo({ top: scrollY + e.getBoundingClientRect().top, behavior: 'instant' }))
    await reader.page.screenshot({ path, fullPage: all })
  }
  await reader.page.setViewportSize(phone)
}

/** Draws the first page of a receipt, where pdftoppm is installed. */
function takeReceipt({ path }) {
  try {
    execFileSync('pdftoppm', ['-png', '-r', '72', '-f', '1', '-singlefile', path, join(folder, 'receipt')])
  } catch (err) {
    if (err.code !== 'ENOENT') throw err
    console.error('no picture of the receipt: pdftoppm (poppler-utils) is not installed')
  }
}
