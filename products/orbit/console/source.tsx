import { Opened, useOfAccount, useTexts } from '@plinth/console';
import { texts } from './texts.ts';
import type { Section } from './use-scope.ts';

export type Citation = NonNullable<Section['citations']>[number];

/** Whether two places are of one page: they are shown together. */
export const isSamePage = (one: Citation, other: Citation) =>
  one.document_id === other.document_id && one.page === other.page;

interface SourceProps {
  /** All of a page: a quote is its own words, with runs of white space as one blank. */
  readonly of: readonly Citation[];
  readonly close: () => void;
}

/** Scrolls to an element once it is drawn. */
export const show = (element: HTMLElement | null) => element?.scrollIntoView({ block: 'nearest' });

/** A page of a document, with the words that are cited. */
export function Source({ of, close }: SourceProps) {
  const { say, format } = useTexts(texts);
  const { document_id: id = '', page = 1 } = of[0] ?? {};
  const asked = useOfAccount(['orbit page', id, page], async ({ call }) => {
    const params = { id };
    const [{ name, pages }, { data }] = await Promise.all([
      call('GET /v1/documents/{id}', { params }),
      call('GET /v1/documents/{id}/pages', { params, query: { from: page, limit: 1 } }),
    ]);
    return { name, pages: pages ?? page, text: data.find((one) => one.page === page)?.text ?? '' };
  });
  const escaped = of.map(({ quote }) => quote.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  const cited = new RegExp(`(${escaped.join('|').replaceAll(' ', String.raw`\s+`)})`);
  return (
    <Opened title={asked.data?.name ?? say('document')} close={close} asked={asked} missing={say('gone')}>
      {({ pages, text }) => (
        <>
          <p className="dim">{say('pageOf', { page: format.count(page), pages: format.count(pages) })}</p>
          <div className="page-text" role="group" tabIndex={0} aria-label={say('text')}>
            {text.split(cited).map((part, index) =>
              // Each second one is what was split by.
              index % 2 === 0 ? (
                part
              ) : (
                <mark key={index} ref={index === 1 ? show : null}>
                  {part}
                </mark>
              ),
            )}
          </div>
        </>
      )}
    </Opened>
  );
}
