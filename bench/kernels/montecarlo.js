// 64 bits as two halves of 32. BigInt.asUintN is the short way, but many times slower.
const [seed, n] = process.argv.slice(2).map(Number);
let hi = Math.floor(seed / 2 ** 32) | 0, lo = seed | 0;

function unit() {
  hi ^= hi << 13 | lo >>> 19;
  lo ^= lo << 13;
  lo ^= lo >>> 7 | hi << 25;
  hi ^= hi >>> 7;
  hi ^= hi << 17 | lo >>> 15;
  lo ^= lo << 17;
  return ((hi >>> 0) * 2 ** 21 + (lo >>> 11)) * 2 ** -53;
}

let inside = 0;
for (let i = 0; i < n; i++) {
  const x = unit(), y = unit();
  if (x * x + y * y < 1) inside++;
}
console.log(inside);
