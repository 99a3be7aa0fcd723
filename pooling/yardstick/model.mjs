// The integer programme of one component (mechanism.md, 3.2), in the sparse arrays
// that HiGHS takes.
//
//   y(state, copy)          groups in that state
//   z(state, copy, demand)  the demand is in such a group
//
//   sum of w z = W y        the members weigh what the state's price assumes
//   z <= y                  nobody is in a group that is not there
//   sum of z <= 1           each demand once
//   sum of y <= staff       per provider and slot
//
// Groups of an equal split that weigh the same are interchangeable: any 2n who
// accept the price at n are two groups of n. There y counts them in one copy,
// which is as tight as copies in order and leaves no symmetry to search. Where
// members weigh differently, or units are bounded, each group is a copy of its own.

/** A growing list of rows in compressed form. */
class Rows {
  lower = []
  upper = []
  starts = [0]
  indices = []
  values = []

  add(lower, upper, entries) {
    this.lower.push(lower)
    this.upper.push(upper)
    for (const [column, value] of entries) {
      this.indices.push(column)
      this.values.push(value)
    }
    this.starts.push(this.indices.length)
  }
}

/**
 * The programme of the cells: {served, net, upper, rows, groups}. Served and net
 * are the costs of each column; net is in cents. A group is {cell, state, y, z}
 * with columns y and z[k] for state.members[k].
 */
export function buildModel(cells) {
  const columns = { served: [], net: [], upper: [] }
  const rows = new Rows()
  const groups = []
  const byDemand = new Map(), byStaff = new Map()
  for (const cell of cells) {
    for (const state of cell.states) {
      const [copies, most] = countCopies(cell, state)
      for (let copy = 0; copy < copies; copy++) {
        const y = addColumn(columns, 0, state.tier.fixed, most)
        const z = state.members.map((m) => addColumn(columns, 1, m.cents, 1))
        constrain(rows, cell.offer, state, y, z)
        if (copy > 0) rows.add(0, Infinity, [[groups.at(-1).y, 1], [y, -1]])
        groups.push({ cell, state, y, z })
        append(byStaff, JSON.stringify([cell.offer.provider, cell.slot]), { column: y, staff: cell.staff })
        state.members.forEach((m, k) => append(byDemand, m.demand, { column: z[k] }))
      }
    }
  }
  for (const list of byDemand.values()) rows.add(-Infinity, 1, list.map((e) => [e.column, 1]))
  for (const list of byStaff.values()) rows.add(-Infinity, list[0].staff, list.map((e) => [e.column, 1]))
  return { ...columns, rows, groups }
}

function addColumn(columns, served, net, upper) {
  columns.served.push(served)
  columns.net.push(net)
  return columns.upper.push(upper) - 1
}

function append(map, key, value) {
  if (!map.has(key)) map.set(key, [])
  map.get(key).push(value)
}

const unitsBounded = (offer) => offer.minUnits > 0 || offer.maxUnits < Infinity

// How many copies of a state, and how many groups each may stand for.
function countCopies(cell, state) {
  const groups = Math.min(cell.staff, Math.floor(state.members.length / state.least))
  return cell.offer.split === 'equal' && !unitsBounded(cell.offer) ? [1, groups] : [groups, 1]
}

function constrain(rows, offer, state, y, z) {
  rows.add(0, 0, [...z.map((column, k) => [column, state.members[k].weight]), [y, -state.weight]])
  for (const column of z) rows.add(-Infinity, 0, [[column, 1], [y, -1]])
  if (state.least < state.most) {
    rows.add(0, Infinity, [...z.map((column) => [column, 1]), [y, -state.least]])
    rows.add(-Infinity, 0, [...z.map((column) => [column, 1]), [y, -state.most]])
  } else if (offer.split !== 'equal') {
    rows.add(0, 0, [...z.map((column) => [column, 1]), [y, -state.least]])
  }
  if (offer.split === 'equal' && unitsBounded(offer)) {
    const units = z.map((column, k) => [column, state.members[k].demand.units])
    rows.add(0, Infinity, [...units, [y, -offer.minUnits]])
    if (offer.maxUnits < Infinity) rows.add(-Infinity, 0, [...units, [y, -offer.maxUnits]])
  }
}

/** The groups of a solution: [{cell, state, members}], members being demands. */
export function readGroups(model, values) {
  const found = []
  for (const { cell, state, y, z } of model.groups) {
    const count = Math.round(values[y])
    if (count === 0) continue
    const members = state.members.filter((_, k) => Math.round(values[z[k]]) === 1).map((m) => m.demand)
    const size = members.length / count
    for (let k = 0; k < count; k++) {
      found.push({ cell, state, members: members.slice(k * size, (k + 1) * size) })
    }
  }
  return found
}
