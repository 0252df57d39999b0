import pytest, time
from partners.interchange import tables
from partners.interchange.register_columns import *
from partners.interchange.resources import RegisterResource
from partners.models import *
from datetime import date
pytestmark = pytest.mark.django_db

def imp(content, **o):
    run = ImportRun.of(content, file_name="register.tsv")
    t=time.time(); tab = tables.read(content, REQUIRED, OPTIONAL); print("read table", time.time()-t)
    t=time.time(); r= RegisterResource().import_data(tab, run=run, **o); print("import", time.time()-t, r.counts()); return r

def test_it(db, settings):
    settings.IMPORT_MOST_MB = 100
    N=40000
    rows=[list(COLUMNS)]
    for n in range(N):
        for k,(t,s) in enumerate([("Erasmus+","signed"),("GE3","in process"),("GE3","ended")][: 3 if n%2 else 2]):
            rows.append(["Germany",f"Universität Nr. {n}",t,s,date(2020,1,1),date(2020,1,1),date(2028,1,1) if k else "",f"UoN {n}\nUni {n}","Köln","https://www.uni.de/",f"uni-{n}","yes",""])
    c = tables.write(rows,"csv")
    imp(c)
    t=time.time(); out=list(RegisterResource().export()); print("export", len(out), time.time()-t)
    c=tables.write(out,"csv")
    imp(c)
    c=c.replace(b"in process", b"signed").replace("Köln".encode(), b"Bonn")
    imp(c, dry_run=True)
    imp(c)
