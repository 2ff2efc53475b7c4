"""What a run would do, found out beforehand: from the plan alone, or by asking its hosts what can be read of them.

`looking` decides what to ask about a step and what the answers mean, and touches nothing; `asking` puts questions to
hosts, and puts none that could leave a trace there; `checking` goes through a plan with both.
"""
