export type Typed = Readonly<Record<string, string>>;

/** What was typed into the fields of a form, by their names. */
export function typedIn(form: HTMLFormElement): Typed {
  const said = [...new FormData(form)].map(([name, value]) => [name, typeof value === 'string' ? value : '']);
  return Object.fromEntries(said) as Typed;
}
