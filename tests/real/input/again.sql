select name, people from city order by name;
select count(*) from note where note match 'leaves';
pragma integrity_check;
