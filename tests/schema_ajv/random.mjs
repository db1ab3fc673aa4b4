// Random choices from a seed. The same seed makes the same choices on every machine.

export class Random {
  constructor(seed) {
    this.state = seed >>> 0;
  }

  /** 32 bits: mulberry32. */
  next() {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  }

  /** An integer from `low` to `high`, both included. */
  integer(low, high) {
    return low + (this.next() % (high - low + 1));
  }

  chance(probability) {
    return this.next() < probability * 0x100000000;
  }

  pick(list) {
    return list[this.next() % list.length];
  }

  /** `count` different ones, or all. */
  some(list, count) {
    const rest = [...list];
    const out = [];
    while (rest.length && out.length < count) out.push(rest.splice(this.next() % rest.length, 1)[0]);
    return out;
  }

  /** From [[weight, value], ...]. */
  weighted(rows) {
    let at = this.next() % rows.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, value] of rows) if ((at -= weight) < 0) return value;
    return rows.at(-1)[1];
  }

  list(low, high, make) {
    return Array.from({ length: this.integer(low, high) }, make);
  }
}
