"""Words by a model: requests from facts, validated answers, limits, money. Nothing it does can stop a run."""
