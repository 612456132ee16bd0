/** What was typed into the fields of a form, by their names. */
export function typedIn(form: HTMLFormElement): Readonly<Record<string, string>> {
  const said = [...new FormData(form)].map(([name, value]) => [name, typeof value === 'string' ? value : '']);
  return Object.fromEntries(said) as Readonly<Record<string, string>>;
}
