import {
  Act,
  isAtLeast,
  LineForm,
  Table,
  useAccount,
  useApi,
  useMe,
  useMemberNames,
  usePages,
  useTexts,
  When,
} from '@plinth/console';
import type { ReplyOf } from '@plinth/sdk';
import { texts } from './texts.ts';
import { keyOf, type View } from './use-scope.ts';

/** Threads on a scope, or on one of its sections. */
export function Comments({ scope, section, isMember }: View & { readonly section?: string }) {
  const { say } = useTexts(texts);
  const accountId = useAccount()?.account.id;
  const api = useApi();
  const params = { id: scope.id };
  const on = section === undefined ? {} : { section_id: section };
  const asked = usePages({
    key: keyOf(scope.id, 'comments', section, accountId),
    read: (paging) => api.call('GET /v1/scopes/{id}/comments', { params, query: { ...paging, ...on } }),
  });
  const add = (body: string, thread: object) =>
    api.call('POST /v1/scopes/{id}/comments', { params, body: { body, ...thread } });
  const titles = new Map(scope.sections.map(({ id, title }) => [id, title]));
  return (
    <>
      {isMember && (
        <LineForm isLong label={say('words')} button={say('comment')} act={(body) => add(body, on)} />
      )}
      <Table
        label={say('comments')}
        asked={asked}
        keyOf={({ id }) => id}
        empty={say('noComments')}
        lines={4}
        columns={[
          {
            head: say('comments'),
            isText: true,
            cell: (thread) => (
              <div className="thread">
                {section === undefined && <p className="dim">{titles.get(thread.section_id ?? '')}</p>}
                <Said comment={thread} />
                {thread.resolved_at === null &&
                  thread.replies.map((one) => <Said key={one.id} comment={one} />)}
                {isMember && thread.resolved_at === null && (
                  <LineForm
                    isLong
                    label={say('answer')}
                    button={say('reply')}
                    act={(body) => add(body, { reply_to: thread.id })}
                  />
                )}
              </div>
            ),
          },
        ]}
      />
    </>
  );
}

type Comment = ReplyOf<'GET /v1/comments/{id}'>;

/** A comment, and whether it is resolved: by the member who began the thread, and by admins. */
function Said({ comment }: { readonly comment: Comment }) {
  const { id, body, user_id: user, resolved_at: resolved } = comment;
  const { say } = useTexts(texts);
  const nameOf = useMemberNames();
  const { call } = useApi();
  const me = useMe().data?.id;
  const role = useAccount()?.account.role;
  const params = { id };
  const turn = () =>
    resolved === null
      ? call('POST /v1/comments/{id}/resolve', { params })
      : call('POST /v1/comments/{id}/unresolve', { params });
  return (
    <>
      <p className="row dim">
        <b>{nameOf(user)}</b>
        <When at={comment.created_at} isPast />
        {resolved !== null && say('resolved')}
        {comment.thread_id === null && isAtLeast(role, user === me ? 'member' : 'admin') && (
          <Act isQuiet text={say(resolved === null ? 'resolve' : 'reopen')} act={turn} />
        )}
      </p>
      <p>{body ?? <span className="dim">{say('saidNoMore')}</span>}</p>
    </>
  );
}
