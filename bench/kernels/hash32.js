// Math.imul is the product in 32 bits.
function rotl(x, count) {
  return x << count | x >>> (32 - count);
}

const [seed, n] = process.argv.slice(2).map(Number);
let hash = seed | 0;
for (let i = 0; i < n; i++) {
  hash ^= Math.imul(rotl(Math.imul(i, 0xcc9e2d51), 15), 0x1b873593);
  hash = Math.imul(rotl(hash, 13), 5) + 0xe6546b64 | 0;
}
console.log(hash);
