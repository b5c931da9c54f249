# INPUT   results/scores, results/labels, results/differences of the run's tables; the paper's printed tables
# OUTPUT  results/claims.html and .csv: whether each claim of the paper holds
# CONFIG  run (second_labels too), tables, scoring, models (groups, titles)


rule claims:
    input:
        unpack(STUDY.claims.inputs),
    output:
        csv=report(
            STUDY.own("claims.csv"),
            caption="../workflow/report/claims.rst",
            category="The run",
            labels={"result": "The paper's claims", "format": "csv"},
        ),
        html=report(
            STUDY.own("claims.html"),
            caption="../workflow/report/claims.rst",
            category="The run",
            labels={"result": "The paper's claims", "format": "html"},
        ),
    log:
        STUDY.own_log("claims.log"),
    conda:
        "../envs/core.yaml"
    params:
        code=STUDY.claims.code,
        contents=STUDY.claims.contents,
        tables=STUDY.claims.tables,
        paired=STUDY.claims.paired,
        places=STUDY.claims.places,
        second_pass=STUDY.claims.second_pass,
        described=STUDY.claims.described,
        sampling=STUDY.scoring.sampling,
        scoring=STUDY.claims.scoring_of,
        titles=STUDY.claims.titles,
    message:
        "Putting the paper's claims to the test"
    script:
        "../workflow/scripts/claims.py"
