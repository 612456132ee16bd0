import { declareErrors } from 'plinth/product';

declareErrors({
  workspace_mismatch: {
    status: 400,
    message:
      'The workspace_id is not the workspace that the call is for (X-Account-Id, or the account of the key).',
  },
  scope_not_found: { status: 404, message: 'There is no such scope, or it is in the trash.' },
  section_not_found: { status: 404, message: 'There is no such section in this scope.' },
  project_not_found: { status: 404, message: 'There is no such project.' },
  version_not_found: { status: 404, message: 'This version of the scope was not kept.' },
  illegal_status: {
    status: 409,
    message: 'A scope can’t go from its status to that one; `allowed` says where it can go.',
  },
  open_conflicts: {
    status: 409,
    message:
      'The documents contradict each other: `conflicts` lists the sections. Edit them, or repeat the call with `despite_conflicts`.',
  },
  scope_frozen: {
    status: 409,
    message:
      'The scope was sent or archived, and can’t be changed. Set its status to draft first, or duplicate it.',
  },
  section_limit: {
    status: 409,
    message: 'The scope has the maximum number of sections. Delete one first.',
  },
  scope_too_long: {
    status: 409,
    message: 'The sections would have more text than a scope can have: `max` characters. Shorten some first.',
  },
  project_archived: { status: 409, message: 'The project is archived. Take it out of the archive first.' },
  models_not_allowed: {
    status: 403,
    message: 'The privacy setting of this workspace (no_models) forbids model calls. An admin can change it.',
  },
  logo_not_found: {
    status: 404,
    message: 'The workspace has no logo, or this file was not uploaded as a logo.',
  },
  logo_unreadable: { status: 422, message: 'The file is no PNG or JPEG. It was deleted.' },
  slug_taken: { status: 409, message: 'Another workspace has this slug.' },
  step_required: { status: 409, message: 'This step of the onboarding can’t be skipped.' },
});

declareErrors({
  comment_not_found: { status: 404, message: 'There is no such comment, or it was deleted.' },
  comment_is_reply: {
    status: 409,
    message: 'A reply cannot be resolved. Resolve the first comment of its thread (`thread_id`).',
  },
  mention_unknown: {
    status: 400,
    message: 'A mentioned user is not a member of the workspace; `users` lists their ids.',
  },
  template_not_found: {
    status: 404,
    message: 'There is no such template, neither of the workspace nor a public one.',
  },
  template_limit: { status: 409, message: 'The maximum number of templates is reached. Delete one first.' },
});
