/** Why the server refused what was sent, by the place in its body: `models.0.weight`. */
export function refusedAt(error: Error | null, place: string): string | undefined {
  const issues =
    error !== null && 'details' in error
      ? (error.details as { readonly issues?: unknown })?.issues
      : undefined;
  if (!Array.isArray(issues)) return undefined;
  return (issues as { readonly path: string; readonly message: string }[]).find(
    ({ path }) => path === `body.${place}`,
  )?.message;
}
