#!/usr/bin/env node
// solve.mjs INSTANCE.json [--seconds N] [--served-only] [--solution FILE]
//
// The proven optimum of a small round by HiGHS: most served first, then least net.
// Prints one JSON object in the shape of the .opt.json files of the round schema,
// with the CPU seconds of each stage. What was not proven within N CPU seconds of
// search is left out of "proven". Exit 2: the instance is outside the model, or
// unreadable.

import { writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import loadHighs from 'highs'
import { buildCells, components } from './cells.mjs'
import { RefusedError, money, readInstance } from './instance.mjs'
import { buildModel, readGroups } from './model.mjs'
import { buildSolution } from './solution.mjs'

const usage = 'usage: solve.mjs INSTANCE.json [--seconds N] [--served-only] [--solution FILE]'

// The objectives are whole numbers, so a gap below 1 is a proof.
const options = { output_flag: false, mip_rel_gap: 0, mip_abs_gap: 0.9 }

const wallPerCPU = 10

function parseCommand() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { seconds: { type: 'string', default: '600' }, 'served-only': { type: 'boolean', default: false }, solution: { type: 'string' } },
    })
    const seconds = Number(values.seconds)
    if (positionals.length !== 1 || !(seconds > 0)) throw new Error(usage)
    return { path: positionals[0], seconds, servedOnly: values['served-only'], solution: values.solution }
  } catch (err) {
    refuse(err.message === usage ? usage : `${err.message}\n${usage}`)
  }
}

function refuse(message) {
  process.stderr.write(`${message}\n`)
  process.exit(2)
}

/**
 * One component: {groups, served, most, proven}, where most is what nothing can
 * exceed.
 */
function decide(highs, cells, command, left, spent) {
  const built = buildModel(cells)
  const { rows } = built
  const size = { numCols: built.upper.length, numRows: rows.lower.length }
  return highs.withModel({
    ...size,
    colCost: built.served.map((v) => -v),
    colLower: built.upper.map(() => 0),
    colUpper: built.upper,
    rowLower: rows.lower,
    rowUpper: rows.upper,
    matrix: { ...size, format: 'csr', starts: rows.starts, indices: rows.indices, values: rows.values },
    integrality: built.upper.map(() => highs.constants.variableType.integer),
  }, (model) => {
    spent.columns += size.numCols
    const first = run(highs, model, left, spent, 'served_seconds')
    const groups = first.values ? readGroups(built, first.values) : []
    const served = groups.reduce((sum, g) => sum + g.members.length, 0)
    if (!first.proven) {
      const candidates = new Set(cells.flatMap((c) => [...c.candidates])).size
      return { groups, served, most: Math.min(candidates, Math.floor(-first.bound + 1e-6)), proven: [] }
    }
    if (command.servedOnly) return { groups, served, most: served, proven: ['served'] }
    const columns = built.served.flatMap((v, k) => (v ? [k] : []))
    model.addRow(served, served, { indices: columns, values: columns.map(() => 1) })
    model.changeColsCost({ kind: 'range', from: 0, to: size.numCols - 1 }, built.net)
    model.setSolution({ colValue: first.values })
    const second = run(highs, model, left, spent, 'net_seconds')
    return {
      groups: second.values ? readGroups(built, second.values) : groups,
      served,
      most: served,
      proven: second.proven ? ['served', 'net'] : ['served'],
    }
  })
}

function run(highs, model, left, spent, stage) {
  const limit = left()
  if (limit <= 0) return { values: null, bound: -Infinity, proven: false }
  const start = process.cpuUsage()
  const used = () => {
    const { user, system } = process.cpuUsage(start)
    return (user + system) / 1e6
  }
  // HiGHS itself knows wall time only, which says little on a busy machine: it is
  // the stop for a root that takes too long to ask whether it may go on.
  model.options.set({ ...options, time_limit: limit * wallPerCPU })
  model.zeroAllClocks()
  model.run({
    [highs.constants.callbackType.mipInterrupt](event) {
      if (used() > limit) event.interrupt()
    },
  })
  spent[stage] += used()
  const feasible = model.info.get('primal_solution_status') === highs.constants.solutionStatus.feasible
  return {
    values: feasible ? model.getSolution().colValue : null,
    bound: model.info.get('mip_dual_bound'),
    proven: feasible && model.getModelStatus() === highs.constants.modelStatus.optimal,
  }
}

async function main() {
  const command = parseCommand()
  const start = performance.now()
  const instance = readInstance(command.path)
  const highs = await loadHighs()
  const parts = components(buildCells(instance))
  const spent = { columns: 0, served_seconds: 0, net_seconds: 0 }
  const left = () => command.seconds - spent.served_seconds - spent.net_seconds
  const results = parts.map((cells) => decide(highs, cells, command, left, spent))
  const { solution, totals } = buildSolution(instance, results.flatMap((r) => r.groups))
  if (command.solution) writeFileSync(command.solution, JSON.stringify(solution) + '\n')
  const proven = ['served', 'net'].filter((what) => results.every((r) => r.proven.includes(what)))
  const thousandths = (v) => Math.round(v * 1000) / 1000
  process.stdout.write(JSON.stringify({
    instance: basename(command.path),
    served: totals.served,
    net: money(totals.net),
    proven,
    distance_m: totals.distance_m,
    solver: `HiGHS ${highs.version.string} (npm highs, WebAssembly, one thread)`,
    seconds: thousandths((performance.now() - start) / 1000),
    served_seconds: thousandths(spent.served_seconds),
    net_seconds: thousandths(spent.net_seconds),
    columns: spent.columns,
    components: parts.length,
    served_upper_bound: results.reduce((sum, r) => sum + r.most, 0),
    net_lower_bound: proven.includes('net') ? money(totals.net) : null,
  }) + '\n')
}

try {
  await main()
} catch (err) {
  if (err instanceof RefusedError || err instanceof SyntaxError || err.code === 'ENOENT') refuse(`${process.argv[2]}: ${err.message}`)
  // Node would print the line that threw: in highs that is the whole library.
  process.stderr.write(`${err.stack}\n`)
  process.exit(1)
}
