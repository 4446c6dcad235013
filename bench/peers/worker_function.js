// What the pools from npm call, which takes a module.
export default function increment(n) {
  return n + 1;
}
