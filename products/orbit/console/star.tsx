import { Refusal, useAct, useApi, useOfAccount, useTexts } from '@plinth/console';
import { texts } from './texts.ts';

/** The hundred scopes that one marked last. */
export const useFavourites = () =>
  useOfAccount(['orbit favourites'], ({ call }) => call('GET /v1/favourites', { query: { limit: 100 } }));

/** Marks a scope for oneself, or takes the mark away. */
export function Star({ id }: { readonly id: string }) {
  const { say } = useTexts(texts);
  const { call } = useApi();
  const isMarked = useFavourites().data?.data.some((one) => one.scope_id === id) === true;
  const { mutate, isPending, error } = useAct(async () => {
    if (isMarked) await call('DELETE /v1/favourites/{scope_id}', { params: { scope_id: id } });
    else await call('POST /v1/favourites', { body: { scope_id: id } });
  });
  const label = say(isMarked ? 'unmark' : 'mark');
  return (
    <>
      <button
        type="button"
        className="quiet"
        aria-label={label}
        title={label}
        disabled={isPending}
        onClick={() => mutate()}
      >
        {isMarked ? '★' : '☆'}
      </button>
      <Refusal error={error} />
    </>
  );
}
