// Plain numbers: the sum stays below 2^53.
function factorial(n) {
  return n < 2 ? 1 : n * factorial(n - 1);
}

const n = Number(process.argv[2]);
let sum = 0;
for (let i = 0; i < n; i++) sum += factorial(3 + (i & 7));
console.log(sum);
