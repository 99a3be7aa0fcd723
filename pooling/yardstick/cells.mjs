// The cells of an instance: an offer in a slot at a host, with the states that a
// group there can be in and who accepts the price of each.
//
// A state fixes the tier and the total split weight W of a group (its members for
// an equal split, their units for a split by units), and so every quote: whether a
// demand accepts is known before the model is built (mechanism.md, 3.2).

import { floorDiv, subsidy, within } from './instance.mjs'

/** All cells that can hold a group, without those another host makes useless. */
export function buildCells(instance) {
  const cells = []
  for (const offer of instance.offers) {
    for (const slot of new Set(offer.slots)) {
      const staff = instance.staff.get(offer.provider)?.[slot] ?? 0
      if (staff === 0) continue
      const here = []
      for (const host of instance.communities.values()) {
        if (!hosts(offer, host)) continue
        const reach = instance.demands.filter((x) => reaches(instance, offer, slot, host, x))
        const states = buildStates(offer, reach)
        if (states.length === 0) continue
        const candidates = new Set(states.flatMap((s) => s.members.map((m) => m.demand)))
        here.push({ offer, slot, staff, host: host.id, states, candidates })
      }
      cells.push(...withoutDominated(here))
    }
  }
  return cells
}

function hosts(offer, host) {
  const { area } = offer
  if (area.communities?.includes(host.id)) return true
  return area.center !== undefined && within(host, area.center, area.radius_m)
}

function reaches(instance, offer, slot, host, x) {
  return x.category === offer.category && x.slots.has(slot) &&
    within(instance.communities.get(x.community), host, Math.min(offer.mixRadius, x.maxDistance))
}

// A host whose candidates all fit another host of the same offer and slot adds
// nothing: served and net do not depend on where the group meets.
function withoutDominated(cells) {
  cells.sort((a, b) => b.candidates.size - a.candidates.size)
  const kept = []
  for (const c of cells) {
    if (!kept.some((k) => [...c.candidates].every((x) => k.candidates.has(x)))) kept.push(c)
  }
  return kept
}

// The sizes [least, most] of groups that each tier prices, within the offer's own.
function tierRanges(offer) {
  return offer.tiers.map((tier, k) => ({
    tier,
    least: Math.max(offer.min_members, tier.from),
    most: Math.min(offer.max_members, (offer.tiers[k + 1]?.from ?? Infinity) - 1),
  })).filter((r) => r.least <= r.most)
}

function buildStates(offer, reach) {
  const states = []
  const units = reach.reduce((sum, x) => sum + x.units, 0)
  for (const { tier, least, most } of tierRanges(offer)) {
    const [from, to] = offer.split === 'equal'
      ? [least, Math.min(most, reach.length)]
      : [Math.max(least, offer.minUnits), Math.min(offer.maxUnits, units)]
    for (let weight = from; weight <= to; weight++) {
      const sizes = offer.split === 'equal' ? { least: weight, most: weight } : { least, most }
      const members = reach.map((x) => price(offer, tier, weight, x)).filter((m) => m !== null)
      if (!reachable(offer, members, weight, sizes)) continue
      states.push({ tier, weight, ...sizes, members })
    }
  }
  return states
}

// What a demand costs in a state beyond its part of the fixed cost, or null if it
// refuses the quote. Net of a group = fixed + the sum of these (F7 to F10).
function price(offer, tier, weight, x) {
  const own = tier.perMember + tier.perUnit * x.units
  const part = tier.fixed * splitWeight(offer, x)
  const base = own + floorDiv(part, weight)
  const quote = part % weight === 0 ? base : base + 1
  if (quote > x.limit) return null
  return { demand: x, weight: splitWeight(offer, x), cents: own - subsidy(x, quote, base) }
}

const splitWeight = (offer, x) => (offer.split === 'equal' ? 1 : x.units)

// Whether some members number least..most, weigh exactly W and have units in the
// offer's bounds. For an equal split this is Moulin's count; for units a sum of
// subsets, by sizes.
function reachable(offer, members, weight, { least, most }) {
  if (members.length < least) return false
  if (offer.split === 'equal') return unitsCanFit(offer, members, weight)
  const top = Math.min(most, members.length)
  const fewest = new Array(weight + 1).fill(Infinity), largest = new Array(weight + 1).fill(-1)
  fewest[0] = largest[0] = 0
  for (const { demand } of members) {
    for (let w = weight; w >= demand.units; w--) {
      fewest[w] = Math.min(fewest[w], fewest[w - demand.units] + 1)
      if (largest[w - demand.units] >= 0) largest[w] = Math.max(largest[w], largest[w - demand.units] + 1)
    }
  }
  return fewest[weight] <= top && largest[weight] >= least
}

function unitsCanFit(offer, members, n) {
  const units = members.map((m) => m.demand.units).sort((a, b) => a - b)
  const sum = (list) => list.reduce((a, b) => a + b, 0)
  return sum(units.slice(0, n)) <= offer.maxUnits && sum(units.slice(-n)) >= offer.minUnits
}

/**
 * Parts of an instance that share neither a demand nor a provider's staff in a
 * slot: each can be decided alone, and the optima add up.
 */
export function components(cells) {
  const parent = cells.map((_, i) => i)
  const root = (i) => {
    while (parent[i] !== i) i = parent[i] = parent[parent[i]]
    return i
  }
  const owner = new Map()
  cells.forEach((c, i) => {
    for (const key of [JSON.stringify([c.offer.provider, c.slot]), ...c.candidates]) {
      if (owner.has(key)) parent[root(i)] = root(owner.get(key))
      else owner.set(key, i)
    }
  })
  const parts = new Map()
  cells.forEach((c, i) => parts.set(root(i), [...(parts.get(root(i)) ?? []), c]))
  return [...parts.values()].sort((a, b) => a.length - b.length)
}
