// Before anything is measured against the yardstick, it must reach the optima that
// are known, and say what it cannot model. Run with: node --test

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

const rounds = new URL('../testdata/rounds/', import.meta.url).pathname
const script = new URL('solve.mjs', import.meta.url).pathname

const solve = (name, ...flags) => spawnSync(process.execPath, [script, `${rounds}${name}.json`, ...flags], { encoding: 'utf8' })

for (const name of ['e02', 'e05', 'e04']) {
  test(`the proven optimum of ${name} is reached`, () => {
    const known = JSON.parse(readFileSync(`${rounds}${name}.opt.json`, 'utf8'))
    const run = solve(name)
    assert.equal(run.status, 0, run.stderr)
    const found = JSON.parse(run.stdout)
    assert.deepEqual(
      { served: found.served, net: found.net, proven: found.proven },
      { served: known.served, net: known.net, proven: ['served', 'net'] },
    )
  })
}

test('without the net, only served is called proven', () => {
  const found = JSON.parse(solve('e02', '--served-only').stdout)
  assert.deepEqual(found.proven, ['served'])
  assert.equal(found.net_lower_bound, null)
})

test('out of time, nothing is called proven', () => {
  const run = solve('e10', '--seconds', '0.001')
  assert.equal(run.status, 0, run.stderr)
  const found = JSON.parse(run.stdout)
  assert.deepEqual(found.proven, [])
  assert.ok(found.served_upper_bound >= 122, `bound ${found.served_upper_bound} is below the optimum`)
})

for (const [name, why] of [['e03', /splits by weight/], ['e11', /only colletta.round\/1/]]) {
  test(`${name} is refused with its reason`, () => {
    const run = solve(name)
    assert.equal(run.status, 2)
    assert.match(run.stderr, why)
  })
}
