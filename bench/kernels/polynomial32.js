// Single precision: Math.fround after every operation, which the compiler makes one of.
const round = Math.fround;

function p(x) {
  let y = round(round(2 * x) - 1.5);
  y = round(round(y * x) - 1);
  return round(round(y * x) + 0.5);
}

const [steps, n] = process.argv.slice(2).map(Number);
const dx = round(1 / steps);
let x = round(-1), sum = round(0);
for (let i = 0; i < n; i++) {
  sum = round(sum + p(x));
  x = round(x + dx);
  if (x > 1) x = round(x - 2);
}
console.log(sum);
