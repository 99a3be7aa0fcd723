// What the stories and the screenshots share: a server of their own with the
// demo city, Chromium, and readers who look at every page they come to.

import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { AxeBuilder } from '@axe-core/playwright'
import { chromium } from 'playwright-core'

const here = dirname(fileURLToPath(import.meta.url))
const binary = process.env.COLLETTA_BIN || join(here, '../../bin/colletta')
const readySeconds = 120
const stopSeconds = 30
const clickMs = 5_000

/**
 * The steps of one story, each a test. When one fails the later ones are
 * skipped: they could only fail for the same reason.
 */
export function story() {
  let broken = false
  return (name, step) => test(name, { timeout: 180_000 }, async (t) => {
    if (broken) return t.skip('an earlier step failed')
    broken = true
    await step(t)
    broken = false
  })
}

/** Who plays in the demo (cmd/colletta, demo_cast.go). */
export const people = {
  giulia: 'giulia.ferri@example.org',
  franca: 'franca.colombo@example.org',
  samira: 'samira.elamrani@example.org',
  marco: 'marco.galli@studiogalli.example',
  elena: 'elena.riva@comune.example',
  paola: 'paola.brambilla@ilfilo.example',
}

/**
 * Starts a server with the demo city in a fresh folder, on a free port, and
 * waits until it is ready. stop() ends it and forgets the folder; when the
 * process ends before, the server ends with it.
 */
export async function startServer() {
  if (!existsSync(binary)) throw new Error(`${binary} is missing: make build`)
  const dir = mkdtempSync(join(tmpdir(), 'colletta-e2e-'))
  chmodSync(dir, 0o755) // started by root, PostgreSQL runs as another user
  const env = { ...process.env, COLLETTA_DIR: dir, PORT: String(await freePort()), DEMO_FSYNC: 'false' }
  for (const name of ['DATABASE_URL', 'PUBLIC_URL', 'STRIPE_SECRET_KEY', 'STRIPE_WEBHOOK_SECRET', 'STRIPE_URL', 'SMTP_URL']) delete env[name]
  const child = spawn(binary, ['serve', '--demo'], { cwd: dir, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  let log = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => { log += text })
  child.on('error', (err) => { log += err.message })

  const interrupt = () => child.kill('SIGINT')
  process.once('exit', interrupt)
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))

  async function stop() {
    try {
      interrupt()
      if (!(await Promise.race([ended.then(() => true), sleep(stopSeconds * 1000, false, { ref: false })]))) {
        throw new Error(`the server did not stop within ${stopSeconds} s:\n${log}`)
      }
    } finally {
      process.removeListener('exit', interrupt)
      child.kill('SIGKILL')
      stopPostgres(dir)
      rmSync(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
    }
  }

  const until = Date.now() + readySeconds * 1000
  for (;;) {
    const ready = /^Colletta is ready: (http:\/\/\S+)/m.exec(log)
    if (ready) return { url: ready[1], stop, log: () => log }
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined || Date.now() > until) {
      await stop().catch(() => {})
      throw new Error(`the server was not ready within ${readySeconds} s:\n${log}`)
    }
    await sleep(100)
  }
}

/** Ends a PostgreSQL that a killed server left behind below dir. */
function stopPostgres(dir) {
  const found = existsSync(dir) ? readdirSync(dir, { recursive: true }).filter((name) => name.endsWith('postmaster.pid')) : []
  for (const name of found) {
    try {
      process.kill(Number(readFileSync(join(dir, name), 'utf8').split('\n', 1)[0]), 'SIGQUIT')
    } catch { /* it is gone */ }
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject)
    probe.listen(0, () => { const { port } = probe.address(); probe.close(() => resolve(port)) })
  })
}

/** Starts Chromium: Debian's, or the one that CHROMIUM names. */
export function launch() {
  const args = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']
  if (process.getuid?.() === 0) args.push('--no-sandbox')
  return chromium.launch({ executablePath: process.env.CHROMIUM || '/usr/bin/chromium', args })
}

const axeTags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
export const phone = { width: 390, height: 844 }
export const desktop = { width: 1280, height: 900 }
const narrowest = 320

/**
 * Whether axe has already seen, at this width, a page with the very same tags,
 * classes and labels: only words and numbers between the tags may differ, by
 * which no rule of axe decides. Half of the pages of a story are such.
 */
const seen = new Set()
function seenAt(width, body) {
  const bones = body.toString().replace(/>([^<]*)</g, (_, words) => (words.trim() ? '>words<' : '><')).replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '#').replace(/\d+/g, '#')
  const key = width + createHash('sha256').update(bones).digest('hex')
  if (seen.has(key)) return true
  seen.add(key)
  return false
}

/**
 * Somebody in front of a browser of their own. Every page that they come to by
 * open, follow, press or reload is inspected: axe finds nothing, there is one
 * h1, nothing runs out of the screen, no error reaches the console, and nothing
 * is asked of another host.
 *
 * The reader may do without JavaScript, which axe cannot: the inspection puts
 * the very answer that was read into a second browser context with JavaScript
 * and the same cookies.
 */
export class Reader {
  static async enter(browser, server, { javaScript = true, inspect = true, viewport = phone, cookies = [] } = {}) {
    const r = new Reader()
    r.server = server
    r.url = server.url
    r.inspects = inspect
    r.inspected = []
    r.wrong = []
    r.context = await browser.newContext({ javaScriptEnabled: javaScript, viewport, locale: 'it-IT', timezoneId: 'Europe/Rome' })
    await r.context.addCookies(cookies)
    r.page = await r.context.newPage()
    r.mirror = await browser.newContext({ viewport: phone, locale: 'it-IT', timezoneId: 'Europe/Rome' })
    r.glass = await r.mirror.newPage()
    r.#watch(r.context)
    r.#watch(r.mirror)
    return r
  }

  #watch(context) {
    context.on('request', (request) => {
      const url = new URL(request.url())
      if (url.protocol !== 'data:' && url.origin !== this.url) this.wrong.push(`asks another host: ${request.url()}`)
    })
    context.on('console', (message) => {
      // Chromium reports the refusal of a form (422) or a page that is not there (404) as an error.
      const ofThePage = message.text().startsWith('Failed to load resource') && message.location().url === message.page()?.url()
      if (message.type() === 'error' && !ofThePage) this.wrong.push(`console: ${message.text()} (${message.location().url})`)
    })
    context.on('weberror', (err) => this.wrong.push(`script: ${err.error().message}`))
  }

  /** Opens a path of the site. */
  open(path, { status = 200 } = {}) {
    return this.#arrive(() => this.page.goto(new URL(path, this.url).href), status)
  }

  /** Follows the first link with this name. */
  follow(name, { status = 200, within = this.page } = {}) {
    return this.#arrive(() => within.getByRole('link', { name }).first().click({ timeout: clickMs }), status)
  }

  /** Presses the first button with this name. */
  press(name, { status = 200, within = this.page } = {}) {
    return this.#arrive(() => within.getByRole('button', { name }).first().click({ timeout: clickMs }), status)
  }

  /**
   * Opens a path again and again until its page shows text, and inspects the
   * page then.
   */
  async waitFor(path, text, { seconds = 60 } = {}) {
    const until = Date.now() + seconds * 1000
    for (;;) {
      await this.page.goto(new URL(path, this.url).href)
      if (await this.page.getByText(text).count() > 0) return this.open(path)
      if (Date.now() > until) assert.fail(`${path} does not show ${text} after ${seconds} s:\n${await this.read()}`)
      await sleep(500)
    }
  }

  async #arrive(go, status) {
    const [answer] = await Promise.all([
      this.page.waitForResponse((r) => r.request().isNavigationRequest() && r.frame() === this.page.mainFrame() && !(r.status() >= 300 && r.status() < 400)),
      this.page.waitForEvent('load'),
      go(),
    ])
    assert.equal(answer.status(), status, `${answer.request().method()} ${answer.url()}: ${await this.read().catch(() => '')}\n${this.server.log().match(/^.* ERROR .*$/gm)?.join('\n') ?? ''}`)
    if (this.inspects) await this.#inspect(answer)
  }

  async #inspect(answer) {
    const url = answer.url()
    const headers = { ...answer.headers() }
    for (const name of ['content-encoding', 'content-length', 'transfer-encoding', 'set-cookie']) delete headers[name]
    const body = await answer.body()
    await this.mirror.clearCookies()
    await this.mirror.addCookies(await this.context.cookies())
    const here = (address) => address.href === url
    await this.glass.route(here, (route) => route.fulfill({ status: 200, headers, body }), { times: 1 })
    await this.glass.goto(url)

    assert.equal(await this.glass.locator('h1').count(), 1, `${url}: one h1`)
    for (const width of [narrowest, phone.width, desktop.width]) {
      await this.glass.setViewportSize({ width, height: phone.height })
      assert.deepEqual(await this.glass.evaluate(tooWide), [], `${url}: runs out of a screen of ${width} px`)
      if (width === narrowest) continue
      if (seenAt(width, body)) continue
      const { violations } = await new AxeBuilder({ page: this.glass }).setLegacyMode().withTags(axeTags).analyze()
      assert.deepEqual(violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.map((n) => n.target.join(' ')).join(' | ')}`), [], `${url}: axe at ${width} px`)
    }
    assert.deepEqual(this.wrong, [], url)
    this.inspected.push(url)
  }

  /** The words of the page's main part. */
  async read() {
    return (await this.page.locator('main').innerText()).replaceAll('\u00a0', ' ')
  }

  /** Asserts that the main part shows every one of these. */
  async sees(...texts) {
    const read = await this.read()
    for (const text of texts) {
      assert.ok(text instanceof RegExp ? text.test(read) : read.includes(text), `${this.page.url()} does not show ${text}:\n${read}`)
    }
  }

  /** Asserts that the main part shows none of these. */
  async misses(...texts) {
    const read = await this.read()
    for (const text of texts) {
      assert.ok(!(text instanceof RegExp ? text.test(read) : read.includes(text)), `${this.page.url()} shows ${text}:\n${read}`)
    }
  }

  /** Logs in by the link in the newest message to an address. */
  async logIn(email) {
    await this.open('/accedi')
    await this.page.getByLabel('Indirizzo e-mail').fill(email)
    await this.press('Mandami il collegamento')
    await this.sees('entro un minuto ricevi un messaggio')
    await this.follow('Apri la posta di prova')
    const mail = this.page.locator('article').filter({ hasText: email }).filter({ has: this.page.locator('a[href*="/accedi/"]') }).first()
    await this.follow(/\/accedi\//, { within: mail })
    await this.press('Entra')
  }

  /** Downloads what the first link with this name leads to. */
  async download(name, { within = this.page } = {}) {
    const [download] = await Promise.all([this.page.waitForEvent('download'), within.getByRole('link', { name }).first().click()])
    return { name: download.suggestedFilename(), path: await download.path() }
  }

  /** Sees once more that nothing went wrong, and closes the browser's contexts. */
  async leave() {
    await this.context.close()
    await this.mirror.close()
    assert.deepEqual(this.wrong, [])
  }
}

/** Runs in the page: what makes it scroll sideways. */
function tooWide() {
  const root = document.documentElement
  if (root.scrollWidth <= root.clientWidth) return []
  const wide = [...document.body.querySelectorAll('*')].filter((e) => e.getBoundingClientRect().right > root.clientWidth + 0.5)
  return [`${root.scrollWidth} px`, ...wide.slice(0, 5).map((e) => `${e.tagName.toLowerCase()}.${e.getAttribute('class') ?? ''}`)]
}

/** A moment as the clock's form takes it: on the clocks of Rome, to the minute. */
export function inRome(moment) {
  return moment.toLocaleString('sv-SE', { timeZone: 'Europe/Rome', dateStyle: 'short', timeStyle: 'short' }).replace(' ', 'T')
}

/** The words of a PDF, or null where pdftotext is not installed. */
export function wordsOf(pdf) {
  try {
    return execFileSync('pdftotext', ['-layout', pdf, '-'], { encoding: 'utf8' }).replaceAll('\u00a0', ' ')
  } catch (err) {
    if (err.code === 'ENOENT') return null
    throw err
  }
}
