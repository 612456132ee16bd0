interface Speaker {
  readonly speaks: ReadonlySet<string>;
  /** Set where chat completions are translated for it. */
  readonly translation: unknown;
}

/** A key as a vendor that is asked in a protocol of ours alone takes it, also for its list of models, flat; undefined: as any other does. */
export async function vendorHeaders(
  { speaks, translation }: Speaker,
  key: string,
): Promise<readonly string[] | undefined> {
  if (translation === undefined) return undefined;
  if (speaks.has('gemini')) return (await import('./gemini.ts')).GEMINI.headers?.(key);
  if (speaks.has('messages')) return (await import('./messages.ts')).MESSAGES.headers?.(key);
  return undefined;
}
