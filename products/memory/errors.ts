import { declareErrors } from 'plinth/product';

declareErrors({
  memory_session_not_found: { status: 404, message: 'There is no such session, or you may not read it.' },
  message_too_large: { status: 413, message: 'The text of a message has 1 MB at most. Nothing was stored.' },
  too_many_words: {
    status: 413,
    message:
      'The messages of a call have 200,000 different words at most, counted for each by itself. Nothing was stored: send fewer at a time.',
  },
  message_conflict: {
    status: 409,
    message: 'A message of this id is stored with other words. Nothing of this call was stored.',
  },
  author_only: {
    status: 403,
    message: 'Its author alone may do this. Admins may lower the level of what they can read, and no more.',
  },
  organization_only: {
    status: 409,
    message: 'A personal account has one member: there is nobody to share with.',
  },
  team_not_found: { status: 404, message: 'There is no such team, or you are not in it.' },
  memory_file_not_found: { status: 404, message: 'There is no such file, or you may not read it.' },
  memory_file_empty: { status: 422, message: 'The file has no bytes. Nothing was stored.' },
  memory_file_conflict: {
    status: 409,
    message: 'A file of this id is stored with other bytes, or another name or type. Nothing was stored.',
  },
  memory_files_exhausted: { status: 409, message: 'A session has 100 files at most. Delete one first.' },
  nothing_to_sum_up: { status: 409, message: 'The session has no sentences that a summary could be of.' },
  decision_not_found: {
    status: 404,
    message: 'There is no such decision or version of it, or you may not read it.',
  },
  decision_too_large: {
    status: 413,
    message: 'A text of a decision has 64 KiB at most. Nothing was stored.',
  },
  supersession_cycle: {
    status: 409,
    message: 'The decision that is to take its place was itself superseded by it.',
  },
  link_not_found: { status: 404, message: 'The decision has no such link.' },
  link_target_not_found: {
    status: 404,
    message: 'What the link is to point to is not there, or you may not read it.',
  },
  link_to_itself: { status: 422, message: 'A decision can’t be linked with itself.' },
  links_exhausted: { status: 409, message: 'A decision has 100 links at most. Delete one first.' },
  context_document_not_found: {
    status: 404,
    message: 'There is no such document or version of it, or you may not read it.',
  },
  context_document_too_large: { status: 413, message: 'A document has 256 KiB at most. Nothing was stored.' },
  pattern_not_found: { status: 404, message: 'There is no such pattern, or you may not read it.' },
  sources_more_private: {
    status: 409,
    message: 'A session that it is drawn from is shown to fewer people. Raise the level of that one first.',
  },
  graph_node_not_found: {
    status: 404,
    message: 'There is no such session, decision, pattern or file, or you may not see it.',
  },
  merge_not_found: { status: 404, message: 'There is no such merge, or you may not see both names.' },
  merge_with_itself: { status: 422, message: 'The two names are the same.' },
  merges_exhausted: { status: 409, message: 'A file has 100 merges at most. Take one back first.' },
  query_too_long: { status: 422, message: 'A question has 10,000 characters at most.' },
  budget_invalid: { status: 422, message: 'A budget is a whole number from 1 to 100,000 tokens.' },
});
