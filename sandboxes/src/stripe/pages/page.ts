/** What a person's browser asks for. */
export interface PageRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly form: URLSearchParams;
}

/** What it shows, or where it goes next. */
export interface PageAnswer {
  readonly status: number;
  readonly html?: string;
  readonly location?: string;
}

/** Answers for some paths; undefined: not one of them. */
export type Page = (request: PageRequest) => PageAnswer | undefined;

export const show = (html: string, status = 200): PageAnswer => ({ status, html });
/** After a form: the browser gets the next page by itself, and a reload sends nothing again. */
export const go = (location: string): PageAnswer => ({ status: 303, location });
