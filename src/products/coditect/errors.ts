import { declareErrors } from '#platform/kernel';

declareErrors({
  license_key_malformed: {
    status: 400,
    message: 'This is no licence key: a character of it is wrong, or two changed places.',
  },
  license_not_found: { status: 404, message: 'There is no such licence.' },
  license_suspended: {
    status: 403,
    message: 'The licence is suspended. Pay what is owed, and it works again.',
  },
  license_inactive: { status: 403, message: 'The licence has ended. Buy a plan, and it works again.' },
  machines_exhausted: {
    status: 409,
    message: 'The licence is activated on as many machines as its plan has. Deactivate one first.',
  },
  deactivations_exhausted: {
    status: 429,
    message: 'So many machines were deactivated this month that no other can be before the next one.',
  },
  token_invalid: { status: 401, message: 'The session’s token is not one of ours, or is another session’s.' },
});

declareErrors({
  seats_exhausted: {
    status: 429,
    message: 'All seats of the licence are taken. Stop the program on another machine, or wait.',
  },
  seat_taken_over: {
    status: 409,
    message:
      'The program was started anew on this machine, or on one with the same hardware id, and has the seat now.',
  },
  session_not_found: { status: 404, message: 'There is no such session of this token.' },
  session_expired: { status: 410, message: 'The session is over. Take a seat anew.' },
  offline_too_early: {
    status: 409,
    message:
      'Work without the server is handed out after five minutes with it, and not twice at once. Ask again then.',
  },
  offline_too_long: {
    status: 403,
    message: 'The licence does not allow work without the server for that long.',
  },
});
