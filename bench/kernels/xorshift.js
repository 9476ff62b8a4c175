// 64 bits as two halves of 32. BigInt.asUintN is the short way, but many times slower.
const [seed, n] = process.argv.slice(2).map(Number);
let hi = Math.floor(seed / 2 ** 32) | 0, lo = seed | 0;
for (let i = 0; i < n; i++) {
  hi ^= hi << 13 | lo >>> 19;
  lo ^= lo << 13;
  lo ^= lo >>> 7 | hi << 25;
  hi ^= hi >>> 7;
  hi ^= hi << 17 | lo >>> 15;
  lo ^= lo << 17;
}
console.log(String(BigInt.asIntN(64, BigInt(hi) << 32n | BigInt(lo >>> 0))));
