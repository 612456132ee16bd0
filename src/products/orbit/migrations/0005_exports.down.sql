drop table orbit.exports;
