import { Opened, useOfAccount, useTexts } from '@plinth/console';
import { texts } from './texts.ts';
import type { Section } from './use-scope.ts';

interface SourceProps {
  readonly of: NonNullable<Section['citations']>[number];
  readonly close: () => void;
}

/** A page of a document, with the words that are cited. */
export function Source({ of: { document_id: id, page, quote }, close }: SourceProps) {
  const { say, format } = useTexts(texts);
  const asked = useOfAccount(['orbit page', id, page], async ({ call }) => {
    const params = { id };
    const [{ name, pages }, { data }] = await Promise.all([
      call('GET /v1/documents/{id}', { params }),
      call('GET /v1/documents/{id}/pages', { params, query: { from: page, limit: 1 } }),
    ]);
    return { name, pages: pages ?? page, text: data.find((one) => one.page === page)?.text ?? '' };
  });
  return (
    <Opened title={asked.data?.name ?? say('document')} close={close} asked={asked} missing={say('gone')}>
      {({ pages, text }) => (
        <>
          <p className="dim">{say('pageOf', { page: format.count(page), pages: format.count(pages) })}</p>
          <div className="page-text" role="group" tabIndex={0} aria-label={say('text')}>
            <Marked text={text} quote={quote} />
          </div>
        </>
      )}
    </Opened>
  );
}

const show = (mark: HTMLElement | null) => mark?.scrollIntoView({ block: 'nearest' });

/** A quote is the page's own words, with runs of white space as one blank. */
function Marked({ text, quote }: { readonly text: string; readonly quote: string }) {
  const words = quote.split(' ').map((word) => word.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  const found = new RegExp(words.join(String.raw`\s+`)).exec(text);
  if (found === null) return text;
  return (
    <>
      {text.slice(0, found.index)}
      <mark ref={show}>{found[0]}</mark>
      {text.slice(found.index + found[0].length)}
    </>
  );
}
