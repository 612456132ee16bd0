/** An element with its properties and what is in it. */
export function el<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  properties: Partial<HTMLElementTagNameMap[Tag]> = {},
  ...within: readonly (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...within);
  return element;
}

/** The element of the page with this id. */
export function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found;
}

/** A button that does one thing at a time, and says so when it fails. */
export function button(
  text: string,
  act: () => Promise<unknown>,
  { plain = false, failed }: { readonly plain?: boolean; readonly failed: (error: unknown) => void },
): HTMLButtonElement {
  const made = el('button', { type: 'button', textContent: text, className: plain ? 'plain' : '' });
  made.addEventListener('click', () => {
    made.disabled = true;
    void act()
      .catch(failed)
      .finally(() => {
        made.disabled = false;
      });
  });
  return made;
}

/** What a form's field says. */
export function field(form: HTMLFormElement, name: string): string {
  const value = new FormData(form).get(name);
  return typeof value === 'string' ? value.trim() : '';
}

export function price(minor: number, currency: string): string {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency });
  return format.format(minor / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
}

export function day(instant: string): string {
  return new Intl.DateTimeFormat('en', { dateStyle: 'medium' }).format(new Date(instant));
}

export function time(instant: string): string {
  return new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(instant));
}
