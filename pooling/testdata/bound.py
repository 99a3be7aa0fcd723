#!/usr/bin/env python3
"""bound.py INSTANCE SOLUTION  -- recomputes the bound of a solution from the multipliers or cases of its certificate.
bound.py --lines              -- reads one {"instance","certificate"} a line, prints the bound in 1/denominator.
Written from docs/certificate.md alone, plainly and slowly: for small instances. Python 3 standard library; vouchers from check.py beside it."""
import json, os, sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from check import Inst, cents, hosts, load

UNIT_CELLS_MAX, ROTA_TRIED_MAX = 1 << 18, 14
DEPTH_MAX, LEAVES_MAX, CASE_MULTIPLIERS_MAX = 64, 4096, 1 << 22

class Dual:
    def __init__(self, I, D, multipliers, path):
        self.I, self.v, self.limit, self.path = I, {}, {}, path
        for m, d in zip(multipliers, I.dem):
            self.v[d] = D - m
            self.limit[d] = I.max_quote(d) if d in I.voucher else cents(I.dem[d]['max_price'])

    def weight(self, o, d):
        x = self.I.dem[d]
        return {'equal': 1, 'units': x['units'], 'weight': x.get('weight', 1)}[o['split']]

    def accepts(self, o, n, W, d):
        """the quote of d in the tier of n at total weight W is acceptable"""
        t = [t for t in o['tiers'] if t['from_members'] <= n][-1]
        F, m, p = (cents(t[k]) for k in ('fixed', 'per_member', 'per_unit'))
        return m + p * self.I.dem[d]['units'] - (-F * self.weight(o, d) // W) <= self.limit[d]

    def max_units(self, o):
        most = o.get('max_units') or None
        if o.get('mode') == 'rota':
            slots = len(self.wanted(o))
            most = slots if most is None else min(most, slots)
        return most

    def wanted(self, o):
        staff = self.I.prov[o['provider']]['staff']
        return [t for t in o['slots'] if staff.get(t, 0) > 0]

    def admitted(self, d, provider, t):
        """whether every answer on the path lets d be served at the place; t is None for rotas"""
        return all(x != d or here == ((p, s) == (provider, t)) for x, p, s, here in self.path)

    def candidates(self, o, t, h):
        top = o['max_members']
        if o['split'] == 'weight': top *= 1000000
        if o['split'] == 'units':
            top *= 1000
            if self.max_units(o) is not None: top = min(top, self.max_units(o))
        out = set()
        for d, x in self.I.dem.items():
            if x['category'] != o['category'] or not self.admitted(d, o['provider'], t): continue
            if t is None:
                if len(set(x['slots']) & set(self.wanted(o))) < x['units']: continue
            elif t not in x['slots']: continue
            r = min(o.get('mix_radius_m', 0), x.get('max_distance_m', 0))
            if self.I.dist2(x['community'], h) > r * r: continue
            if self.accepts(o, o['max_members'], top, d): out.add(d)
        return out

    def eligible(self, o, n, C):
        E = set(C)
        while True:
            W = sum(sorted((self.weight(o, d) for d in E), reverse=True)[:n])
            if o['split'] == 'equal': W = n
            if o['split'] == 'units' and self.max_units(o) is not None: W = min(W, self.max_units(o))
            F = {d for d in E if self.accepts(o, n, W, d)} if W > 0 else set()
            if F == E: return E
            E = F

    def sizes(self, o, C):
        """-> {n: eligible(n)} for the sizes that are possible"""
        out = {}
        for n in range(o['min_members'], min(o['max_members'], len(C)) + 1):
            E = self.eligible(o, n, C)
            u = sorted(self.I.dem[d]['units'] for d in E)
            if len(E) < n: continue
            most = self.max_units(o)
            if most is not None and sum(u[:n]) > most or sum(u[-n:]) < o.get('min_units', 0): continue
            out[n] = E
        return out

    def fill(self, members):
        """-> {(n, U): most value}"""
        table = {(0, 0): 0}
        for d in members:
            u = self.I.dem[d]['units']
            for (n, U), v in list(table.items()):
                k = (n + 1, U + u)
                table[k] = max(table.get(k, v + self.v[d]), v + self.v[d])
        return table

    def V(self, o, C):
        """-> most value of one group (None: no group), candidates of the largest size"""
        sizes = self.sizes(o, C)
        if not sizes: return None, set()
        E = sizes[max(sizes)]
        relaxed = max(sum(sorted((self.v[d] for d in S), reverse=True)[:n]) for n, S in sizes.items())
        low, high = o.get('min_units', 0), self.max_units(o)
        if o['split'] != 'units' and low == 0 and high is None: return relaxed, E
        N = min(o['max_members'], len(E))
        units = sum(sorted((self.I.dem[d]['units'] for d in E), reverse=True)[:N])
        if high is not None: units = min(units, high)
        if len(E) * N * units > UNIT_CELLS_MAX: return relaxed, E
        best = None
        for n in range(o['min_members'], N + 1):
            if o['split'] == 'units':
                found = [self.fill([d for d in E if self.accepts(o, n, U, d)]).get((n, U)) for U in range(max(1, low), units + 1)]
            else:
                found = [v for (k, U), v in self.fill(sizes[n]).items() if k == n and low <= U <= units] if n in sizes else []
            for v in found:
                if v is not None and (best is None or v > best): best = v
        return best, E

    def together(self, own, E, least, most):
        """the additions own (falling), cut to what disjoint groups of least to most members of E can hold"""
        v, adds, own = sorted((self.v[d] for d in E), reverse=True), [], sorted(own, reverse=True)
        for j in range(1, min(len(own), len(E) // least) + 1):
            P = max(sum(v[:N]) for N in range(j * least, min(j * most, len(v)) + 1))
            now = min(sum(own[:j]), P)
            if now <= sum(adds): break
            adds.append(now - sum(adds))
        return adds

    def place_cells(self, provider, t):
        """-> (offer, candidates) of the cells of a place, by falling top"""
        cells = []
        for k, o in enumerate(self.I.off.values()):
            if o['provider'] != provider or o.get('mode') == 'rota' or t not in o['slots']: continue
            for h in self.I.comms:
                if not hosts(self.I, o, h): continue
                C = self.candidates(o, t, h)
                top = sum(sorted((max(0, self.v[d]) for d in C), reverse=True)[:o['max_members']])
                if len(C) >= o['min_members'] and top > 0: cells.append((-top, -len(C), k, len(cells), o, C))
        return [(-c[0], c[4], c[5]) for c in sorted(cells, key=lambda c: c[:4])]

    def place(self, provider, t, staff):
        taken, adds = [], []  # of taken cells: offer, candidates, eligible, least size, V
        for top, o, C in self.place_cells(provider, t):
            if top <= (adds[staff - 1] if len(adds) >= staff else 0): break
            if any(o is p and C <= B for p, B, _, _, _ in taken): continue
            V, E = self.V(o, C)
            if V is None or V <= 0: continue
            taken.append((o, C, E, min(self.sizes(o, C)), V))
            adds = sorted(self.groups(taken), reverse=True)
        return sum(adds[:staff])

    def groups(self, taken):
        out = []
        for category in {o['category'] for o, _, _, _, _ in taken}:
            of_category = [c for c in taken if c[0]['category'] == category]
            own = []
            for offer in {o['id'] for o, _, _, _, _ in of_category}:
                of_offer, apart = [c for c in of_category if c[0]['id'] == offer], []
                for o, _, E, least, V in of_offer: apart += self.together([V] * len(E), E, least, o['max_members'])
                own += self.limited(apart, of_offer)
            out += self.limited(own, of_category)
        return out

    def limited(self, own, cells):
        return self.together(own, set().union(*(c[2] for c in cells)), min(c[3] for c in cells), max(c[0]['max_members'] for c in cells))

    def rota_value(self, o, C):
        V, E = self.V(o, C)
        if V is None or len(E) > ROTA_TRIED_MAX: return V
        E, best = sorted(E), None
        for bits in range(1, 1 << len(E)):
            S = [d for k, d in enumerate(E) if bits >> k & 1]
            n, U, W = len(S), sum(self.I.dem[d]['units'] for d in S), sum(self.weight(o, d) for d in S)
            if not o['min_members'] <= n <= o['max_members'] or not o.get('min_units', 0) <= U <= self.max_units(o): continue
            v = sum(self.v[d] for d in S)
            if (best is None or v > best) and all(self.accepts(o, n, W, d) for d in S) and self.seated(o, S): best = v
        return best

    def seated(self, o, S):
        holder, wanted = {}, self.wanted(o)
        def find(d, tried):
            for t in self.I.dem[d]['slots']:
                if t in wanted and t not in tried:
                    tried.add(t)
                    if t not in holder or find(holder[t], tried):
                        holder[t] = d
                        return True
            return False
        return all(find(d, set()) for d in S for _ in range(self.I.dem[d]['units']))

    def rota(self, o):
        wanted = self.wanted(o)
        cells = [self.candidates(o, None, h) for h in self.I.comms if hosts(self.I, o, h)] if wanted else []
        union = set().union(*cells) if cells else set()
        if len(union) < o['min_members']: return 0
        fewest = sum(sorted(self.I.dem[d]['units'] for d in union)[:o['min_members']])
        staff = sum(self.I.prov[o['provider']]['staff'][t] for t in wanted)
        groups = min(staff // max(fewest, o.get('min_units', 0)), len(union) // o['min_members'])
        best = max([0] + [v for v in (self.rota_value(o, C) for C in cells) if v is not None])
        P = sorted((self.v[d] for d in union if self.v[d] > 0), reverse=True)
        return min(groups * best, sum(P[:groups * o['max_members']]))

def bound(I, D, multipliers, path=()):
    if len(multipliers) != len(I.dem) or any(not 0 <= m <= 10**9 for m in multipliers): sys.exit("bad multipliers")
    dual, total = Dual(I, D, multipliers, path), sum(multipliers)
    for p in I.prov.values():
        for t in I.slots:
            if p['staff'].get(t, 0) > 0: total += dual.place(p['id'], t, p['staff'][t])
    return total + sum(dual.rota(o) for o in I.off.values() if o.get('mode') == 'rota')

def leaves(I, case, path=()):
    """-> (path, multipliers) of each leaf"""
    if set(case) == {'multipliers'}: return [(path, case['multipliers'])]
    if set(case) | {'slot'} != {'demand', 'provider', 'slot', 'here', 'elsewhere'} or len(path) == DEPTH_MAX: sys.exit("bad case")
    d, p, t = case['demand'], case['provider'], case.get('slot')
    if d not in I.dem or p not in I.prov or t is not None and t not in I.slots: sys.exit("unknown id in a case")
    return leaves(I, case['here'], path + ((d, p, t, True),)) + leaves(I, case['elsewhere'], path + ((d, p, t, False),))

def certified(I, c):
    D = c['denominator']
    if not 1 <= D <= 10**6 or ('cases' in c) == ('multipliers' in c): sys.exit("bad certificate")
    if 'multipliers' in c: return bound(I, D, c['multipliers'])
    all_leaves = leaves(I, c['cases'])
    if len(all_leaves) > LEAVES_MAX or len(all_leaves) * len(I.dem) > CASE_MULTIPLIERS_MAX: sys.exit("too many cases")
    return max(bound(I, D, m, path) for path, m in all_leaves)

def main(a):
    if a[1:] == ['--lines']:
        for line in sys.stdin:
            x = json.loads(line)
            print(certified(Inst(x['instance']), x['certificate']), flush=True)
        return
    if len(a) != 3: sys.exit(__doc__)
    I, sol = Inst(load(a[1])), load(a[2])
    c = sol['bound']['certificate']
    served, proven = sum(len(p['members']) for p in sol['pools']), certified(I, c) // c['denominator']
    ok = served <= sol['bound']['served'] and proven <= sol['bound']['served']
    print("%s: served %d, bound %d stated, %d proven by the certificate" % ("VALID" if ok else "INVALID", served, sol['bound']['served'], proven))
    sys.exit(0 if ok else 1)

if __name__ == '__main__':
    main(sys.argv)
