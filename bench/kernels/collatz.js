// Some numbers exceed 32 bits, none 2^53: `%` and `/`, which are exact, not `&` and `>>`.
function steps(n) {
  let count = 0;
  for (; n > 1; count++) n = n % 2 === 1 ? 3 * n + 1 : n / 2;
  return count;
}

const limit = Number(process.argv[2]);
let sum = 0;
for (let n = 1; n <= limit; n++) sum += steps(n);
console.log(sum);
