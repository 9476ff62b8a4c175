// 32 bits suffice for the masks.
function place(full, taken, left, right) {
  if (taken === full) return 1;
  let count = 0;
  for (let free = ~(taken | left | right) & full; free !== 0;) {
    const bit = free & -free;
    free ^= bit;
    count += place(full, taken | bit, (left | bit) << 1, (right | bit) >> 1);
  }
  return count;
}

const [n, rounds] = process.argv.slice(2).map(Number);
let sum = 0;
for (let i = 0; i < rounds; i++) sum += place((1 << (n - (i & 1))) - 1, 0, 0, 0);
console.log(sum);
