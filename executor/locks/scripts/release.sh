# Ends lock NUMBER in the folder AT where TOKEN holds it.

if read_claim "$number" && [ "$holder" = "$token" ]; then
	end "$number"
	echo released
else
	echo gone
fi
