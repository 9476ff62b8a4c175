function ackermann(m, n) {
  if (m === 0) return n + 1;
  if (n === 0) return ackermann(m - 1, 1);
  return ackermann(m - 1, ackermann(m, n - 1));
}

const [m, n, rounds] = process.argv.slice(2).map(Number);
let sum = 0;
for (let i = 0; i < rounds; i++) sum += ackermann(m, n - (i & 1));
console.log(sum);
