/** Has imports find a room's many files, of which each class can be wrapped, not its few. */
export async function resolve (specifier, context, next) {
  const found = await next(specifier, context)
  return { ...found, url: found.url.replace('/bundle/', '/dist/') }
}
