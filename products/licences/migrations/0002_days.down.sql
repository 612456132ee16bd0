drop index coditect.sessions_by_end;
drop table coditect.denials;
drop table coditect.rolled_days;
drop table coditect.days;
