// An AssemblyScript command: classes, maps, arrays, strings, arguments, environment, input, clocks, exit code 4.

class Book {
  constructor(public title: string, public pages: i32) {}
  weight(): f64 {
    return 0.2 + <f64>this.pages * 0.005;
  }
}

class Shelf {
  private books: Map<string, Book> = new Map();

  add(title: string, pages: i32): void {
    this.books.set(title, new Book(title, pages));
  }

  heaviest(): string {
    const books = this.books.values();
    books.sort((a, b) => b.pages - a.pages);
    return books.length > 0 ? books[0].title : "(none)";
  }

  weight(): f64 {
    let total: f64 = 0;
    const books = this.books.values();
    for (let i = 0; i < books.length; i++) total += books[i].weight();
    return total;
  }
}

function fibonacci(n: i32): u64 {
  let a: u64 = 0, b: u64 = 1;
  for (let i = 0; i < n; i++) {
    const next = a + b;
    a = b;
    b = next;
  }
  return a;
}

function readAll(): string {
  const buffer = new ArrayBuffer(64);
  let text = "";
  let count = process.stdin.read(buffer);
  while (count > 0) {
    text += String.UTF8.decodeUnsafe(changetype<usize>(buffer), count);
    count = process.stdin.read(buffer);
  }
  return text;
}

const shelf = new Shelf();
for (let i = 1; i < process.argv.length; i++) shelf.add(process.argv[i], 100 * i + 7);
console.log("books: " + (process.argv.length - 1).toString() + ", heaviest " + shelf.heaviest());
console.log("weight: " + shelf.weight().toString());
console.log("GREETING: " + (process.env.has("GREETING") ? process.env.get("GREETING") : "(not set)"));
console.log("fibonacci: " + fibonacci(90).toString());
const lines = readAll().split("\n");
console.log("input: " + lines.length.toString() + " lines, last [" + lines[lines.length - 1] + "]");
let hash: u32 = 2166136261;
for (let i = 0; i < 100000; i++) hash = (hash ^ (i & 255)) * 16777619;
console.log("hash: " + hash.toString(16));
console.log("clock: " + (Date.now() > 1700000000000 ? "after 2023" : "before 2023"));
process.exit(4);
