// Groups as a solution (colletta.solution/1): shares with their odd cents, and the
// totals. The host is the one that the model kept, not the nearest: served and net
// are what the yardstick is about.

import { compare, floorDiv, money, subsidy } from './instance.mjs'

/** Refuses groups that break a rule: rounding inside the solver must not decide. */
export function buildSolution(instance, groups) {
  const pools = groups.map((g, k) => buildPool(instance, g, `pool-${k + 1}`))
  const totals = { served: 0, net: 0, subsidy: 0, cost: 0, distance_m: 0 }
  const seen = new Set()
  for (const { pool, sums } of pools) {
    for (const m of pool.members) {
      if (seen.has(m.demand)) throw new Error(`demand ${m.demand} is in two groups`)
      seen.add(m.demand)
    }
    for (const k of Object.keys(totals)) totals[k] += sums[k]
  }
  checkStaff(groups)
  return {
    totals,
    solution: {
      schema: 'colletta.solution/1',
      round: instance.round,
      pools: pools.map((p) => p.pool),
      totals: { ...totals, net: money(totals.net), subsidy: money(totals.subsidy), cost: money(totals.cost) },
    },
  }
}

function checkStaff(groups) {
  const running = new Map()
  for (const { cell } of groups) {
    const key = JSON.stringify([cell.offer.provider, cell.slot])
    running.set(key, (running.get(key) ?? 0) + 1)
    if (running.get(key) > cell.staff) throw new Error(`provider ${cell.offer.provider} runs more groups in ${cell.slot} than it has staff`)
  }
}

function buildPool(instance, { cell, state, members }, id) {
  const { offer } = cell, { tier } = state
  const weights = members.map((x) => (offer.split === 'equal' ? 1 : x.units))
  const total = weights.reduce((a, b) => a + b, 0)
  const units = members.reduce((sum, x) => sum + x.units, 0)
  if (total !== state.weight || members.length < state.least || members.length > state.most || units < offer.minUnits || units > offer.maxUnits) {
    throw new Error(`the group of ${offer.id} in ${cell.slot} at ${cell.host} is not in the state it is priced for`)
  }
  const odd = oddCents(instance, tier.fixed, members, weights, total)
  const sums = { served: members.length, net: 0, subsidy: 0, cost: 0, distance_m: 0 }
  const rows = members.map((x, k) => {
    const base = tier.perMember + tier.perUnit * x.units + floorDiv(tier.fixed * weights[k], total)
    const quote = (tier.fixed * weights[k]) % total === 0 ? base : base + 1
    const share = odd.has(k) ? base + 1 : base
    const granted = subsidy(x, quote, base)
    if (quote - granted > x.maxPrice) throw new Error(`demand ${x.id} would pay more than its maximum`)
    sums.cost += share
    sums.subsidy += granted
    sums.net += share - granted
    sums.distance_m += distance(instance, x.community, cell.host)
    return { demand: x.id, share: money(share), subsidy: money(granted), net: money(share - granted), programme: x.voucher ? x.grant.programme : null }
  })
  return { sums, pool: { id, offer: offer.id, slot: cell.slot, host: cell.host, cost: money(sums.cost), members: rows } }
}

// Which members pay an odd cent (rule S3 of the schema).
function oddCents(instance, fixed, members, weights, total) {
  const rest = fixed - weights.reduce((sum, w) => sum + floorDiv(fixed * w, total), 0)
  const rank = members.map((x, k) => ({ k, x, remainder: (fixed * weights[k]) % total, hash: fnv1a(`${instance.round}/${x.id}`) }))
  rank.sort((a, b) => b.remainder - a.remainder || (a.x.household.odd_cents ?? 0) - (b.x.household.odd_cents ?? 0) ||
    compare(a.hash, b.hash) || Buffer.compare(Buffer.from(a.x.id), Buffer.from(b.x.id)))
  return new Set(rank.slice(0, rest).map((r) => r.k))
}

function fnv1a(text) {
  let hash = 0xcbf29ce484222325n
  for (const byte of Buffer.from(text)) hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn
  return hash
}

function distance(instance, community, host) {
  const a = instance.communities.get(community), b = instance.communities.get(host)
  return Math.floor(Math.hypot(a.x_m - b.x_m, a.y_m - b.y_m))
}
