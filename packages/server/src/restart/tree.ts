/** What an engine's threads share, as host.shared has it: nothing but what `isLeaf` says. */
type Leaf = SharedArrayBuffer | string | number | boolean | null | undefined

/** The shared buffers of a tree, in an order that its shape alone decides. */
export function buffersOf (tree: unknown): SharedArrayBuffer[] {
  if (tree instanceof SharedArrayBuffer) return [tree]
  return isLeaf(tree) ? [] : entriesOf(tree).flatMap(([, branch]) => buffersOf(branch))
}

/** A tree in text, each buffer by its length: memory is like for like if these are the same. */
export function shapeOf (tree: unknown): string {
  if (tree instanceof SharedArrayBuffer) return `<${tree.byteLength}>`
  if (isLeaf(tree)) return tree === undefined ? 'undefined' : JSON.stringify(tree)
  return `{${entriesOf(tree).map(([name, branch]) => `${name}:${shapeOf(branch)}`).join()}}`
}

function isLeaf (tree: unknown): tree is Leaf {
  return tree === null || typeof tree !== 'object' || tree instanceof SharedArrayBuffer
}

function entriesOf (tree: unknown): [string, unknown][] {
  const prototype: unknown = Object.getPrototypeOf(tree)
  if (prototype !== Object.prototype && !Array.isArray(tree)) {
    throw new Error('host.shared of an engine that restarts is plain objects, arrays, buffers')
  }
  return Object.entries(tree as object).sort(([a], [b]) => a < b ? -1 : 1)
}
