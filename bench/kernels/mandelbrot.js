function rounds(cx, cy, limit) {
  let x = 0, y = 0;
  for (let count = 0;; count++) {
    const xx = x * x, yy = y * y;
    if (xx + yy > 4 || count >= limit) return count;
    y = x * y * 2 + cy;
    x = xx - yy + cx;
  }
}

const [width, height, limit] = process.argv.slice(2).map(Number);
const dx = 3 / width, dy = 3 / height;
let sum = 0;
for (let i = 0; i < height; i++) {
  for (let j = 0; j < width; j++) sum += rounds(j * dx - 2, i * dy - 1.5, limit);
}
console.log(sum);
