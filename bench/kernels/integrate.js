function f(x) {
  return 4 / (1 + x * x);
}

const n = Number(process.argv[2]);
const width = 1 / n;
let sum = 0;
for (let i = 0; i < n; i++) sum += f((i + 0.5) * width);
console.log(sum * width);
