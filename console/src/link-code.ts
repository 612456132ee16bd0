/** The code of a sign-in link. It stands after `#`, so that no log and no other page ever has it; it leaves the address before anything else is done. */
function takeCode(): string | undefined {
  if (location.pathname !== '/app/sign-in') return undefined;
  const code = new URLSearchParams(location.hash.slice(1)).get('code') ?? undefined;
  if (code !== undefined) history.replaceState(null, '', location.pathname);
  return code;
}

/** Taken when the page is loaded; it is good once. */
export const linkCode = takeCode();
// Another link in the same tab only changes what stands after `#`: the page begins anew with it.
addEventListener('hashchange', () => {
  if (location.pathname === '/app/sign-in' && location.hash.startsWith('#code=')) location.reload();
});
