create table city(id integer primary key, name text, country text, people integer);
insert into city(name, country, people) values
  ('Lisbon', 'PT', 545923), ('Porto', 'PT', 231962), ('Vienna', 'AT', 1973403), ('Graz', 'AT', 292630),
  ('Oslo', 'NO', 709037), ('Bergen', 'NO', 291189), ('Turku', 'FI', 195137), ('Espoo', 'FI', 314024);
create index by_country on city(country, people desc);
select country, count(*), sum(people), group_concat(name, '+') from city group by country order by 3 desc;
select name, rank() over (order by people desc), printf('%.1f', 100.0 * people / sum(people) over ()) from city order by people desc limit 4;
with recursive f(n, a, b) as (values(1, 0, 1) union all select n + 1, b, a + b from f where n < 40) select max(a) from f;
create virtual table note using fts5(title, body);
insert into note values ('ferry', 'the ferry leaves at dawn and returns at dusk'), ('train', 'the train leaves at noon'), ('walk', 'dawn is the time to walk');
select title, snippet(note, 1, '[', ']', '…', 4) from note where note match 'dawn' order by title;
select json_extract(value, '$.k'), key from json_each('[{"k": 1.5}, {"k": "two"}, {"k": null}]');
begin;
delete from city where people < 300000;
savepoint half;
update city set people = 0;
rollback to half;
commit;
select count(*), min(people) from city;
select round(sqrt(2), 6), round(pow(2, 0.5) - sqrt(2), 9), hex(zeroblob(3)), typeof(1e999);
pragma integrity_check;
