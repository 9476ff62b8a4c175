function isPrime(n) {
  if (n < 2) return false;
  if (n < 4) return true;
  if (n % 2 === 0) return false;
  for (let divisor = 3; divisor * divisor <= n; divisor += 2) {
    if (n % divisor === 0) return false;
  }
  return true;
}

const limit = Number(process.argv[2]);
let count = 0;
for (let n = 0; n < limit; n++) if (isPrime(n)) count++;
console.log(count);
