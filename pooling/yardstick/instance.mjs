// A round instance (colletta.round/1) with what each household can accept: its
// voucher and the highest gross price within its maximum.
//
// Written from the round schema alone and sharing nothing with the Go engine, so
// that an error of either shows as a difference. Amounts are whole cents in
// numbers that stay below 2^53 by the limits of the schema; only the search for
// the highest price needs more, and uses BigInt.

import { readFileSync } from 'node:fs'

/** RefusedError says that an instance is outside what the yardstick can model. */
export class RefusedError extends Error {}

/** Hundredths of a decimal string: cents of an amount, basis points of a percentage. */
export function hundredths(text) {
  const m = /^(\d+)(?:\.(\d{1,2}))?$/.exec(text)
  if (!m) throw new RefusedError(`${JSON.stringify(text)} is not an amount such as "12.50"`)
  return Number(m[1]) * 100 + Number((m[2] ?? '').padEnd(2, '0'))
}

/** The decimal string of an amount in cents. */
export function money(cents) {
  const sign = cents < 0 ? '-' : ''
  const whole = Math.abs(cents)
  return `${sign}${Math.floor(whole / 100)}.${String(whole % 100).padStart(2, '0')}`
}

/** Exact floor of a/b for a >= 0, b > 0: a/b itself may round up to the next integer. */
export const floorDiv = (a, b) => (a - (a % b)) / b

export function readInstance(path) {
  const d = JSON.parse(readFileSync(path, 'utf8'))
  if (d.schema !== 'colletta.round/1') {
    throw new RefusedError(`schema is ${JSON.stringify(d.schema)}: only colletta.round/1 is modelled (groups that meet together)`)
  }
  for (const o of d.offers) {
    if (o.split === 'weight') {
      throw new RefusedError(`offer ${o.id} splits by weight: the total weight of a group takes too many values to be a state of the model`)
    }
  }
  const communities = new Map(d.communities.map((c) => [c.id, c]))
  const households = new Map(d.households.map((h) => [h.id, h]))
  const demands = d.demands.map((x, index) => ({
    index,
    id: x.id,
    household: households.get(x.household),
    community: x.community,
    category: x.category,
    units: x.units,
    slots: new Set(x.slots),
    maxPrice: hundredths(x.max_price),
    maxDistance: x.max_distance_m ?? 0,
    postedOn: x.posted_on,
    grant: null, // {programme, basisPoints, amount, cap} when in the scope of a programme
    voucher: false,
    limit: hundredths(x.max_price), // the highest quote it accepts; more with a voucher
  }))
  const programmes = d.programmes ?? []
  assignProgrammes(programmes, demands)
  for (const p of programmes) issueVouchers(p, demands)
  return {
    round: d.round.id,
    communities,
    demands,
    offers: d.offers.map(readOffer),
    staff: new Map(d.providers.map((p) => [p.id, p.staff])),
  }
}

function readOffer(o) {
  return {
    ...o,
    mixRadius: o.mix_radius_m ?? 0,
    minUnits: o.min_units ?? 0,
    maxUnits: o.max_units ?? Infinity,
    tiers: o.tiers.map((t) => ({
      from: t.from_members,
      fixed: hundredths(t.fixed),
      perMember: hundredths(t.per_member),
      perUnit: hundredths(t.per_unit),
    })),
  }
}

// A demand belongs to the first programme in whose scope it is and that grants it
// anything; the cap of a household is divided among its demands there.
function assignProgrammes(programmes, demands) {
  const sharing = new Map()
  for (const x of demands) {
    if (x.household.isee === null || x.household.isee === undefined) continue
    const isee = hundredths(x.household.isee)
    for (const p of programmes) {
      if (p.categories && !p.categories.includes(x.category)) continue
      if (p.communities && !p.communities.includes(x.community)) continue
      const [basisPoints, amount] = ruleGrants(p.rule, isee)
      if (basisPoints === 0 && amount === 0) continue
      const key = JSON.stringify([p.id, x.household.id])
      sharing.set(key, (sharing.get(key) ?? 0) + 1)
      x.grant = { programme: p.id, isee, basisPoints, amount, key }
      break
    }
  }
  const caps = new Map(programmes.map((p) => [p.id, p.household_cap ? hundredths(p.household_cap) : null]))
  for (const { grant } of demands) {
    if (!grant) continue
    const cap = caps.get(grant.programme)
    grant.cap = cap === null ? Infinity : floorDiv(cap, sharing.get(grant.key))
    if (grant.basisPoints >= 10000 && cap === null) {
      throw new RefusedError(`programme ${grant.programme} can reach 100 percent without a household_cap`)
    }
  }
}

function ruleGrants(rule, isee) {
  if (rule.type === 'brackets') {
    const b = rule.brackets.find((b) => isee <= hundredths(b.isee_up_to))
    if (!b) return [0, 0]
    return b.percent !== undefined ? [hundredths(b.percent), 0] : [0, hundredths(b.amount)]
  }
  if (rule.type !== 'linear') throw new RefusedError(`rule type ${JSON.stringify(rule.type)} is not of colletta.round/1`)
  const from = hundredths(rule.isee_from), to = hundredths(rule.isee_to)
  const most = hundredths(rule.percent_from), least = hundredths(rule.percent_to)
  if (isee <= from) return [most, 0]
  if (isee > to) return [0, 0]
  return [least + floorDiv((most - least) * (to - isee), to - from), 0]
}

// Vouchers go in the order of ISEE, then wait, then id, while the most that they
// can cost fits the budget; the first that does not fit ends the list.
function issueVouchers(programme, demands) {
  const queue = demands.filter((x) => x.grant?.programme === programme.id).sort(byNeed)
  let left = hundredths(programme.budget)
  for (const x of queue) {
    const highest = highestQuote(x)
    if (highest - x.maxPrice > left) break
    left -= highest - x.maxPrice
    x.voucher = true
    x.limit = highest
  }
}

function byNeed(a, b) {
  return a.grant.isee - b.grant.isee || compare(a.postedOn, b.postedOn) || Buffer.compare(Buffer.from(a.id), Buffer.from(b.id))
}

export const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0)

// The largest q with q - grant(q) <= maxPrice. The net price never falls as q
// rises, so halving finds it.
function highestQuote(x) {
  const { basisPoints, amount, cap } = x.grant
  const net = (q) => {
    const granted = basisPoints ? (BigInt(basisPoints) * q) / 10000n : BigInt(amount)
    return q - (cap !== Infinity && BigInt(cap) < granted ? BigInt(cap) : granted)
  }
  let low = BigInt(x.maxPrice), high = 1n << 40n
  while (low < high) {
    const middle = (low + high + 1n) / 2n
    if (net(middle) <= BigInt(x.maxPrice)) low = middle
    else high = middle - 1n
  }
  return Number(low)
}

/** What a voucher pays of a quote; base is the share without the odd cent (F9). */
export function subsidy(x, quote, base) {
  if (!x.voucher) return 0
  const { basisPoints, amount, cap } = x.grant
  return Math.min(basisPoints ? floorDiv(basisPoints * quote, 10000) : amount, cap, base)
}

/** Whether two points are within a radius of at most 10^6 m. */
export function within(a, b, radius) {
  const dx = Math.abs(a.x_m - b.x_m), dy = Math.abs(a.y_m - b.y_m)
  return dx <= radius && dy <= radius && dx * dx + dy * dy <= radius * radius
}
